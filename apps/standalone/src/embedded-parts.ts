/**
 * The parts of standalone: the embedded database under the data folder, queues in it, everything else in this process.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StandaloneEnv } from "@axon/config/env";
import type { Logger } from "@axon/config/logger";
import { createInWorkspace } from "@axon/core/context";
import { createSealer } from "@axon/core/sealing";
import { rotateSecrets } from "@axon/core/workspaces";
import { assertFenced, connect } from "@axon/db/connect";
import { openEmbedded } from "@axon/db/embedded/open";
import { releaseLeases } from "@axon/db/leases";
import { migrate } from "@axon/db/migrate";
import { createWeb } from "@axon/integrations/web/web";
import { type JobBackend, openJobPool, prepareBackend } from "@axon/jobs/backend";
import { createMemoryLimits } from "@axon/limits/memory";
import { createMemoryBus } from "@axon/realtime/bus";
import { createMemoryDeltas } from "@axon/realtime/memory-deltas";
import { createMemoryPresence } from "@axon/realtime/presence-store";
import { createFiles } from "@axon/runtime/files";
import { createMailer } from "@axon/runtime/mailer";
import { currentRequest, type Parts, tellOfCommits } from "@axon/runtime/parts";
import { createProvider } from "@axon/runtime/provider";
import type { Reporter } from "@axon/runtime/report";
import { watchParts } from "@axon/runtime/watch";

/** BullMQ keeps its tables apart from ours. */
const jobSchema = "bullmq";

/** Opens the database, brings it up to date, and gives back what a killed process held. Throws when another one has it open. */
export async function createEmbeddedParts(env: StandaloneEnv, log: Logger, reporter: Reporter): Promise<Parts> {
  mkdirSync(env.home, { recursive: true, mode: 0o700 });
  const embedded = await openEmbedded({ dataDir: join(env.home, "db"), socketDir: join(env.home, "run") });
  await migrate(embedded);
  await releaseLeases(embedded);
  const database = connect(embedded, { poolMax: env.database.poolMax });
  await assertFenced(database);
  const sealer = createSealer(env.encryptionKeys);
  await rotate({ database, sealer }, log);
  const pool = openJobPool(embedded.connection, jobSchema);
  const jobs: JobBackend = { kind: "postgres", pool, schema: jobSchema };
  await prepareBackend(jobs);
  const bus = createMemoryBus();
  const { files, acceptUpload, close: closeFiles } = createFiles(env);
  const watch = watchParts({ database, jobs, pingRedis: null, provider: createProvider(env, log), log });
  return {
    database,
    inWorkspace: createInWorkspace(database, tellOfCommits(bus), { requestId: currentRequest }),
    jobs,
    bus,
    deltas: createMemoryDeltas(),
    presence: createMemoryPresence(),
    eventsKeptDays: env.eventsKeptDays,
    files,
    acceptUpload,
    provider: watch.provider,
    web: createWeb(env.crawler),
    limits: createMemoryLimits(),
    sealer,
    mailer: createMailer(env, log),
    log,
    metrics: watch.metrics,
    health: watch.health,
    reporter,
    close: async () => {
      await watch.close();
      await bus.close();
      closeFiles();
      await pool.end();
      await database.close();
      await embedded.close();
    },
  };
}

/** The database has one process, so a change of keys is done here at the start, and not by a command beside it. */
async function rotate(deps: Parameters<typeof rotateSecrets>[0], log: Logger): Promise<void> {
  const { unopened } = await rotateSecrets(deps);
  if (unopened.count > 0)
    log.warn({ count: unopened.count, secrets: unopened.named.slice(0, 20) }, "no encryption key opens these secrets");
}
