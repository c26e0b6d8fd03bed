/**
 * What watches over the parts: metrics, readiness, a line in the log for each call to a model.
 *
 * The same for either mode; each hands in what it has.
 *
 * @module
 */
import type { AiProvider } from "@axon/ai/provider";
import type { Logger } from "@axon/config/logger";
import type { Database } from "@axon/db/connect";
import { countDeadLetters } from "@axon/db/dead-letters";
import { pendingMigrations } from "@axon/db/migrate";
import { readOutbox } from "@axon/db/outbox";
import type { JobBackend } from "@axon/jobs/backend";
import { createQueueMonitor, type QueueState } from "@axon/jobs/monitor";
import { createHealth, type Health } from "./health.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { observeProvider } from "./observed-provider.ts";

export interface Watched {
  database: Database;
  jobs: JobBackend;
  /** Resolves when Redis has answered; null where there is none. */
  pingRedis: (() => Promise<unknown>) | null;
  provider: AiProvider;
  log: Logger;
}

export interface Watch {
  metrics: Metrics;
  health: Health;
  /** The provider, with every call counted and logged. */
  provider: AiProvider;
  close(): Promise<void>;
}

/** Scrapes that come sooner after one another get the same reading of the queues. */
const readingMs = 1_000;

export function watchParts({ database, jobs, pingRedis, provider, log }: Watched): Watch {
  const metrics = createMetrics();
  const monitor = createQueueMonitor(jobs);
  const queues = kept(() => monitor.read(), readingMs);
  const waitingRows = kept(() => readOutbox(database), readingMs);
  metrics.gauge("axon_queue_jobs", "Jobs by queue and state", ["queue", "state"], async () => (await queues()).flatMap(byState));
  metrics.gauge("axon_queue_oldest_waiting_seconds", "How long the next job has been due", ["queue"], async () =>
    (await queues()).map(({ queue, oldestWaitingMs }) => ({ labels: { queue }, value: oldestWaitingMs / 1000 })),
  );
  const letters = kept(() => countDeadLetters(database), readingMs);
  metrics.gauge("axon_dead_letters", "Jobs that were given up or set aside, and that nobody has decided on", ["state"], async () =>
    Object.entries(await letters()).map(([state, value]) => ({ labels: { state }, value })),
  );
  metrics.gauge("axon_outbox_jobs", "Committed jobs that are not yet on a queue", [], async () => [
    { labels: {}, value: (await waitingRows()).waiting },
  ]);
  metrics.gauge("axon_outbox_oldest_seconds", "How long the oldest of them has waited", [], async () => [
    { labels: {}, value: (await waitingRows()).oldestSeconds },
  ]);
  const health = createHealth({
    database: async () => database.app`select 1`,
    pendingMigrations: () => pendingMigrations(database),
    redis: pingRedis,
    onFailure: (check, error) => log.warn({ err: error, check }, "not ready"),
  });
  const watched = observeProvider(
    provider,
    (call) => {
      metrics.modelCalled(call);
      const { ms, firstTokenMs, ...rest } = call;
      log.info({ ...rest, ms: Math.round(ms), firstTokenMs: firstTokenMs === null ? null : Math.round(firstTokenMs) }, "model call");
    },
    metrics.modelTried,
  );
  metrics.gauge("axon_model_breaker", "Whether a model is asked: 0 yes, 1 one call to see, 2 not now", ["server", "purpose", "model"], () =>
    (provider.breakers?.() ?? []).map(({ state, ...labels }) => ({ labels, value: breakerValues[state] })),
  );
  return { metrics, health, provider: watched, close: () => monitor.close() };
}

const breakerValues = { closed: 0, half_open: 1, open: 2 } as const;

function byState({ queue, counts }: QueueState) {
  return Object.entries(counts).map(([state, value]) => ({ labels: { queue, state }, value }));
}

/** What `read` gave, read again when it is older than `maxMs`; all who ask meanwhile share one reading. */
function kept<Value>(read: () => Promise<Value>, maxMs: number): () => Promise<Value> {
  let last: { at: number; value: Promise<Value> } | null = null;
  return () => {
    const now = Date.now();
    if (last === null || now - last.at >= maxMs) last = { at: now, value: read() };
    return last.value;
  };
}
