/**
 * The workshop: the relay that carries committed jobs to the queues, the consumers that do them, the sweepers that find
 * what fell by the wayside, the timetable. Wires; decides nothing.
 *
 * @module
 */
import { keepDeadLetter } from "@axon/db/dead-letters";
import { deliverOutbox, strikeOff } from "@axon/db/outbox";
import { createTicks } from "@axon/db/schedules";
import { createParser } from "@axon/documents/parser";
import { createConsumer } from "@axon/jobs/consumer";
import { keyOf } from "@axon/jobs/job-id";
import { createProducer } from "@axon/jobs/producer";
import { createRelay } from "@axon/jobs/relay";
import { createTicker } from "@axon/jobs/schedule";
import { createSchedule } from "@axon/jobs/timetable";
import { createDeltaWriter } from "@axon/realtime/delta-writer";
import { outboxTopic, type Parts } from "@axon/runtime/parts";
import { createHandlers } from "./handlers.ts";
import { createSweeps } from "./sweeps.ts";
import { createUpkeep } from "./upkeep.ts";

/** How often an outbox is looked at that nobody has hinted at. */
const relayPollMs = 1_000;
const relayBatchMax = 200;
/** A file is read for this long at most, with this much memory. */
const parseTimeoutMs = 60_000;
const parseMemoryMb = 512;

export interface RunningWorker {
  /** Stops taking work, lets what runs end within `graceMs`, and gives back the rest. */
  close(graceMs: number): Promise<void>;
}

/** Starts everything; resolves when jobs are being taken. */
export async function startWorker(parts: Parts): Promise<RunningWorker> {
  const { database, inWorkspace, files, mailer, provider, web, limits, bus, deltas, log, metrics, reporter } = parts;
  const parser = createParser({ children: 2, timeoutMs: parseTimeoutMs, memoryMb: parseMemoryMb });
  const producer = createProducer(parts.jobs);
  const relay = createRelay({
    takeBatch: (limit, deliver) => deliverOutbox(database, limit, deliver),
    producer,
    wake: (listener) => {
      const subscription = bus.subscribe(outboxTopic, listener);
      return () => subscription.stop();
    },
    pollMs: relayPollMs,
    batchMax: relayBatchMax,
    log,
  });
  const consumer = createConsumer({
    backend: parts.jobs,
    handlers: createHandlers({
      database,
      inWorkspace,
      mailer,
      files,
      embedder: provider.embedder,
      embedderOf: provider.embedderOf,
      web,
      limits,
      provider,
      parse: (file, options) => parser.parse(file, options),
      openDeltas: (reply) =>
        createDeltaWriter({ buffer: deltas, bus, reply, onError: (error) => log.warn({ err: error }, "pieces of a reply were late") }),
    }),
    log,
    ledger: {
      dead: (job) => keepDeadLetter(database, { ...job, key: keyOf(job.jobId) }),
      done: (jobId) => strikeOff(database, keyOf(jobId)),
    },
    hooks: {
      onStart: (queue, _name, waitedMs) => metrics.jobBegan(queue, waitedMs),
      onEnd: (queue, name, outcome, ranForMs) => metrics.jobEnded(queue, name, outcome, ranForMs),
      onDead: (_job, error) => reporter.report(error),
    },
  });
  const keeper = createTicks(database);
  const sweepers = Object.entries({ ...createSweeps(parts), ...createUpkeep(parts) }).map(([name, { everyMs, shared, run }]) =>
    shared ? createSchedule({ name, everyMs, run, keeper, log }) : createTicker({ name, everyMs, run, log }),
  );
  await consumer.start();
  relay.start();
  for (const sweeper of sweepers) sweeper.start();
  return {
    close: async (graceMs) => {
      await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
      await Promise.all([relay.stop(), consumer.close({ graceMs })]);
      await producer.close();
      await parser.close();
    },
  };
}
