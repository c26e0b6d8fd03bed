/**
 * The workshop: the relay that carries committed jobs to the queues, the consumers that do them, the sweepers that find
 * what fell by the wayside. Wires; decides nothing.
 *
 * @module
 */
import { requeueEvaluation } from "@axon/core/agents";
import { requeueTurn } from "@axon/core/conversations";
import { requeueDocument, requeueSync } from "@axon/core/knowledge";
import { deliverOutbox } from "@axon/db/outbox";
import { findDueSyncs, findStuckDocuments, findStuckEvaluations, findStuckTurns, type Stuck } from "@axon/db/sweep";
import { createParser } from "@axon/documents/parser";
import { createConsumer } from "@axon/jobs/consumer";
import { createProducer } from "@axon/jobs/producer";
import { createRelay } from "@axon/jobs/relay";
import { createTicker } from "@axon/jobs/schedule";
import { createDeltaWriter } from "@axon/realtime/delta-writer";
import { outboxTopic, type Parts } from "@axon/runtime/parts";
import { createAccountUpkeep } from "./account-upkeep.ts";
import { createHandlers } from "./handlers.ts";
import { createUpkeep } from "./upkeep.ts";

/** How often an outbox is looked at that nobody has hinted at. */
const relayPollMs = 1_000;
const relayBatchMax = 200;
/** How often the sweepers go round: what a dead worker held is picked up this long after its lease at the latest. */
const sweepMs = 3_000;
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
    hooks: {
      onStart: (queue, _name, waitedMs) => metrics.jobBegan(queue, waitedMs),
      onEnd: (queue, name, outcome, ranForMs) => metrics.jobEnded(queue, name, outcome, ranForMs),
      onDead: (_job, error) => reporter.report(error),
    },
  });
  const sweepers = [
    createTicker({
      name: "turns",
      everyMs: sweepMs,
      run: async () =>
        sweep(await findStuckTurns(database), ({ workspaceId, id }) => inWorkspace(workspaceId, (ws) => requeueTurn(ws, id))),
      log,
    }),
    createTicker({
      name: "documents",
      everyMs: sweepMs,
      run: async () =>
        sweep(await findStuckDocuments(database), ({ workspaceId, id }) => inWorkspace(workspaceId, (ws) => requeueDocument(ws, id))),
      log,
    }),
    createTicker({
      name: "sources",
      everyMs: sweepMs,
      run: async () => sweep(await findDueSyncs(database), ({ workspaceId, id }) => inWorkspace(workspaceId, (ws) => requeueSync(ws, id))),
      log,
    }),
    createTicker({
      name: "evaluations",
      everyMs: sweepMs,
      run: async () =>
        sweep(await findStuckEvaluations(database), ({ workspaceId, id }) => inWorkspace(workspaceId, (ws) => requeueEvaluation(ws, id))),
      log,
    }),
    ...createUpkeep(parts),
    ...createAccountUpkeep(parts),
  ];
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

async function sweep(stuck: readonly Stuck[], requeue: (one: Stuck) => Promise<void>): Promise<void> {
  for (const one of stuck) await requeue(one);
}
