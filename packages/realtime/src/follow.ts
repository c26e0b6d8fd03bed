/**
 * One subscriber's way through a stream.
 *
 * It pulls. Whatever happens while the subscriber is busy leaves one flag set; when it asks again, it is read on from its place.
 *
 * @module
 */
import type { Position } from "./position.ts";
import type { SharedTopic } from "./topic.ts";
import { createGate, unlessAborted, within } from "./waits.ts";
import { type Tracked, Walk } from "./walk.ts";

/** Longest wait for the bus before the log is read anyway; the poll mends what is missed. */
export const busWaitMs = 500;

export interface FollowOptions {
  /** Gives what the stream's followers share, or null when no more streams begin. Called when the first event is asked for: a stream nobody reads costs nothing. */
  enter: () => SharedTopic | null;
  /** Where to go on from; null is the head. */
  after: Position | null;
  signal: AbortSignal;
  /** The ways to end the streams of this process from within; ours is among them while it lasts. */
  endings: Set<() => void>;
  /** Pause between failed reads. */
  retryMs: number;
  now: () => Date;
}

/**
 * Every event after `after`, once each and in order, until the signal aborts. A place that the log does not have (any more)
 * gives `resync` and goes on from the head. Throws `StreamBroken` when the log cannot be read.
 */
export async function* follow({ enter, endings, signal, ...options }: FollowOptions): AsyncGenerator<Tracked> {
  const shared = signal.aborted ? null : enter();
  if (!shared) return;
  const walk = new Walk({ ...options, shared });
  const gate = createGate();
  const over = new AbortController(); // One for both ways to end.
  walk.onNews = gate.wake;
  walk.onClose = () => over.abort();
  // On the signal at once, not when the subscriber next asks: one that is gone may never ask again.
  const close = () => walk.close();
  signal.addEventListener("abort", close, { once: true });
  endings.add(close);
  // A read that hangs must not keep the stream from ending.
  const unlessClosed = async <T>(work: Promise<T>) => await unlessAborted(work, over.signal);
  try {
    // Hints must be heard before anything is read, or one could fall between the two.
    await unlessClosed(within(shared.ready, busWaitMs, "subscribing to hints").catch(() => {}));
    for (let batch = await unlessClosed(walk.arrive()); !walk.closed; batch = await unlessClosed(walk.step())) {
      for (const one of batch ?? []) {
        yield one;
        if (walk.closed) return;
      }
      if (!walk.busy()) await gate.wait();
    }
  } finally {
    signal.removeEventListener("abort", close);
    endings.delete(close);
    walk.close();
  }
}
