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
import { assertFenced, connect } from "@axon/db/connect";
import { openEmbedded } from "@axon/db/embedded/open";
import { releaseLeases } from "@axon/db/leases";
import { migrate } from "@axon/db/migrate";
import { type JobBackend, openJobPool, prepareBackend } from "@axon/jobs/backend";
import { createMemoryBus } from "@axon/realtime/bus";
import { createMemoryDeltas } from "@axon/realtime/memory-deltas";
import { createFiles } from "@axon/runtime/files";
import { type Parts, tellOfCommits } from "@axon/runtime/parts";
import { createProvider } from "@axon/runtime/provider";

/** BullMQ keeps its tables apart from ours. */
const jobSchema = "bullmq";

/** Opens the database, brings it up to date, and gives back what a killed process held. Throws when another one has it open. */
export async function createEmbeddedParts(env: StandaloneEnv, log: Logger): Promise<Parts> {
  mkdirSync(env.home, { recursive: true, mode: 0o700 });
  const embedded = await openEmbedded({ dataDir: join(env.home, "db"), socketDir: join(env.home, "run") });
  await migrate(embedded);
  await releaseLeases(embedded);
  const database = connect(embedded, { poolMax: env.database.poolMax });
  await assertFenced(database);
  const pool = openJobPool(embedded.connection, jobSchema);
  const jobs: JobBackend = { kind: "postgres", pool, schema: jobSchema };
  await prepareBackend(jobs);
  const bus = createMemoryBus();
  const { files, acceptUpload, close: closeFiles } = createFiles(env);
  return {
    database,
    inWorkspace: createInWorkspace(database, tellOfCommits(bus)),
    jobs,
    bus,
    deltas: createMemoryDeltas(),
    files,
    acceptUpload,
    provider: createProvider(env),
    log,
    check: async () => {
      await database.app`select 1`;
    },
    close: async () => {
      await bus.close();
      closeFiles();
      await pool.end();
      await database.close();
      await embedded.close();
    },
  };
}
