/**
 * The outbox relay: carries jobs that a transaction wrote down to the queues, so that a crash between commit and queue
 * loses none. Knows neither the table nor the queue, only how to take a batch and how to hand it over.
 *
 * @module
 */
import type { QueuedJob } from "@axon/contracts/jobs";
import type { JobLog } from "./log.ts";
import { createPause, jittered } from "./pause.ts";
import type { Producer } from "./producer.ts";

/**
 * Takes up to `limit` jobs that no other relay holds, waits for `deliver`, deletes exactly those, and gives how many there
 * were. When `deliver` throws, or the process dies anywhere in between, the jobs must come up again later: delivering
 * twice is harmless, their keys see to it.
 *
 * It must not keep a transaction open over `deliver` where outbox and queues share one database session, as they do in the
 * embedded engine: the queue's statements would wait for that transaction, and it for them. Take a lease on the rows instead
 * (`update … set leased_until … returning`), which serves both.
 */
export type TakeBatch = (limit: number, deliver: (jobs: QueuedJob[]) => Promise<void>) => Promise<number>;

export interface RelayOptions {
  takeBatch: TakeBatch;
  producer: Pick<Producer, "add">;
  /** Calls the listener when there may be something to carry; gives the way to stop listening. A lost hint is only lateness. */
  wake(listener: () => void): () => void;
  /** How long to wait for a hint before looking anyway. */
  pollMs: number;
  batchMax: number;
  log: JobLog;
}

export interface Relay {
  start(): void;
  /** Ends after the batch under way, if there is one. */
  stop(): Promise<void>;
}

/** Waits after one, two, three … failures in a row. */
const retryMs = [100, 500, 2_000, 5_000, 10_000];

/** A relay; one loop, whatever wakes it. Any number of processes may run one over the same outbox. */
export function createRelay({ takeBatch, producer, wake, pollMs, batchMax, log }: RelayOptions): Relay {
  const pause = createPause();
  let running: Promise<void> | null = null;
  let stopped = false;
  let hinted = false;
  let failures = 0;

  async function drain(): Promise<void> {
    let taken = batchMax;
    while (taken >= batchMax && !stopped) {
      hinted = false;
      taken = await takeBatch(batchMax, (jobs) => producer.add(jobs));
      failures = 0;
    }
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      try {
        await drain();
      } catch (error) {
        failures += 1;
        log.error({ err: error, failures }, "the outbox relay could not deliver; it will try again");
      }
      if (stopped) return;
      if (failures > 0) await pause.wait(jittered(retryMs[Math.min(failures, retryMs.length) - 1] ?? pollMs));
      else if (!hinted) await pause.wait(jittered(pollMs));
    }
  }

  let unhear = () => {};
  return {
    start() {
      if (running || stopped) return;
      unhear = wake(() => {
        hinted = true;
        // A hint must not turn the wait after a failure into a busy loop.
        if (failures === 0) pause.cut();
      });
      running = loop();
    },
    async stop() {
      stopped = true;
      unhear();
      pause.cut();
      await running;
    },
  };
}
