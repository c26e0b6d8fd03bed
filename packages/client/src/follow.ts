/**
 * A subscription as an async iterable that outlives its connection: every event once, in order, without a gap.
 *
 * tRPC resends the last id when its socket reconnects; this goes on where that ends: a stream that the server closed
 * or failed, an event that two connections both delivered, and a reader too slow for the news.
 *
 * @module
 */
import { isPassing, type StreamEvent } from "@axon/contracts/events";
import { backoffMs, pause } from "./backoff.ts";
import { type AxonError, axonErrorOf, mayPass } from "./errors.ts";

/** An event and its place in the stream. Keep `id` to go on from there later (`lastEventId`). */
export interface FollowedEvent {
  id: string;
  event: StreamEvent;
}

export type ConnectionState = "connecting" | "connected";

export interface FollowOptions {
  signal?: AbortSignal | undefined;
  /** Told when the connection is lost and when it is back. */
  onState?: ((state: ConnectionState) => void) | undefined;
}

/** What one subscription tells its follower. */
export interface FeedObserver {
  onData(value: { id: string; data: StreamEvent }): void;
  onError(error: unknown): void;
  onComplete(): void;
}
export type Subscribe = (lastEventId: string | undefined, observer: FeedObserver) => { unsubscribe(): void };

/** Events that wait for a slow reader. Beyond it the subscription is let go and taken up again when they are read. */
const queueMax = 2_000;
/** How many of the last ids are remembered to tell a repeat. */
const seenMax = 4_096;
/** Failures in a row, without one event between them, after which the follower gives up. */
const failuresMax = 10;

/**
 * Follows from `lastEventId` on (undefined: from now) until the signal is aborted, which ends it without an error.
 * Throws an AxonError when the server refuses for good.
 */
export async function* follow(
  subscribe: Subscribe,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<FollowedEvent, void, undefined> {
  const seen = createSeen();
  let last = lastEventId;
  let failures = 0;
  while (!signal.aborted) {
    const feed = createFeed(subscribe, last, signal);
    let ended: AxonError | null = null;
    try {
      for (;;) {
        const item = await feed.next();
        if (item.done) {
          ended = item.error;
          break;
        }
        const { event } = item.value;
        const isResync = event.type === "resync";
        if (isResync) seen.clear();
        // What is told in passing bears the place of the event before it, and is no repeat of that.
        else if (!isPassing(event) && !seen.add(item.value.id)) continue;
        last = item.value.id;
        failures = 0;
        yield item.value;
      }
    } finally {
      feed.close();
    }
    if (signal.aborted) return;
    if (ended && (!mayPass(ended) || failures >= failuresMax)) throw ended;
    if (!feed.overflowed()) await pause(backoffMs(failures), signal);
    failures += 1;
  }
}

type FeedItem = { done: false; value: FollowedEvent } | { done: true; error: AxonError | null };

/** One subscription's events, queued up to `queueMax` between the socket and the reader. */
function createFeed(subscribe: Subscribe, lastEventId: string | undefined, signal: AbortSignal) {
  const queue: FollowedEvent[] = [];
  let end: { error: AxonError | null } | null = null;
  let overflow = false;
  let wake: (() => void) | null = null;

  const finish = (error: AxonError | null) => {
    end ??= { error };
    wake?.();
  };
  const subscription = subscribe(lastEventId, {
    onData({ id, data }) {
      if (end) return;
      queue.push({ id, event: data });
      if (queue.length >= queueMax) {
        overflow = true;
        finish(null);
        queueMicrotask(() => subscription.unsubscribe());
      }
      wake?.();
    },
    onError: (error) => finish(axonErrorOf(error)),
    onComplete: () => finish(null),
  });
  const onAbort = () => finish(null);
  signal.addEventListener("abort", onAbort, { once: true });

  return {
    async next(): Promise<FeedItem> {
      for (;;) {
        if (signal.aborted) return { done: true, error: null };
        const value = queue.shift();
        if (value) return { done: false, value };
        if (end) return { done: true, error: end.error };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    overflowed: () => overflow,
    close() {
      signal.removeEventListener("abort", onAbort);
      subscription.unsubscribe();
    },
  };
}

/** The last ids, oldest forgotten first. */
function createSeen() {
  const ids = new Set<string>();
  return {
    /** False when the id was there already. */
    add(id: string): boolean {
      if (ids.has(id)) return false;
      ids.add(id);
      if (ids.size > seenMax) for (const oldest of ids.values()) return ids.delete(oldest);
      return true;
    },
    clear: () => ids.clear(),
  };
}
