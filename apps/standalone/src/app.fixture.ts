/**
 * The whole of Axon for a test: servers and workers as they run in production, on this run's database and queue, each with
 * connections of its own; the typed client in front.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalProvider } from "@axon/ai/local/provider";
import type { AiProvider } from "@axon/ai/provider";
import { type AxonClient, createAxonClient } from "@axon/client/client";
import { createLogger } from "@axon/config/logger";
import { createInWorkspace } from "@axon/core/context";
import { connect } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { createFolderStorage } from "@axon/integrations/storage/folder";
import { type JobBackend, openJobPool, prepareBackend } from "@axon/jobs/backend";
import { type Bus, createMemoryBus } from "@axon/realtime/bus";
import type { DeltaBuffer } from "@axon/realtime/deltas";
import { createMemoryDeltas } from "@axon/realtime/memory-deltas";
import { createRedisBus } from "@axon/realtime/redis-bus";
import { createRedisDeltas } from "@axon/realtime/redis-deltas";
import { type Parts, tellOfCommits } from "@axon/runtime/parts";
import { type RunningServer, startServer } from "@axon/server/start-server";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { openTestRedis } from "@axon/testing/database-redis";
import { type RunningWorker, startWorker } from "@axon/worker/start-worker";
import { Redis } from "ioredis";

export interface App {
  /** One for each server, in the order they were started. */
  urls: string[];
  url: string;
  database: TestDatabase;
  workers: RunningWorker[];
  /** A new owner in a workspace of their own, signed in at the server with this number. */
  found(name?: string, server?: number): Promise<Owner>;
  /** A client with nothing but an address. */
  stranger(): AxonClient;
  close(): Promise<void>;
}

export interface Owner {
  client: AxonClient;
  token: string;
  workspaceId: string;
  /** The same caller at another server. */
  at(server: number): AxonClient;
}

export interface AppOptions {
  servers?: number;
  workers?: number;
  provider?: AiProvider;
}

const password = "correct horse battery";

export async function openApp({ servers = 1, workers = 1, provider = createLocalProvider() }: AppOptions = {}): Promise<App> {
  const database = await openTestDatabase();
  const network = await openNetwork(database);
  const folder = mkdtempSync(join(tmpdir(), "axon-app-"));
  const allParts: Parts[] = [];
  const runningServers: RunningServer[] = [];
  const clients: AxonClient[] = [];
  const urls: string[] = [];
  const startedWorkers: RunningWorker[] = [];

  const makeParts = (baseUrl: string) => {
    const parts = createTestParts(database, network, provider, folder, baseUrl);
    allParts.push(parts);
    return parts;
  };
  for (let number = 0; number < servers; number++) {
    const port = await freePort();
    const parts = makeParts(`http://127.0.0.1:${port}`);
    runningServers.push(
      await startServer(parts, {
        http: { host: "127.0.0.1", port, baseUrl: `http://127.0.0.1:${port}`, allowedOrigins: ["http://localhost:3000"] },
        auth: {
          accessSecret: "a".repeat(32),
          refreshSecret: "r".repeat(32),
          accessTtlSeconds: 900,
          refreshTtlSeconds: 3600,
          bcryptRounds: 4,
        },
      }),
    );
    urls.push(`http://127.0.0.1:${port}`);
  }
  for (let number = 0; number < workers; number++) startedWorkers.push(await startWorker(makeParts(urls[0] ?? "")));

  const open = (server: number, token?: string, workspaceId?: string) => {
    const client = createAxonClient({ url: urls[server] ?? "", token, workspaceId });
    clients.push(client);
    return client;
  };
  return {
    urls,
    url: urls[0] ?? "",
    database,
    workers: startedWorkers,
    stranger: () => open(0),
    found: async (name = "owner", server = 0) => {
      const session = await open(server).api.auth.signUp.mutate({ email: `${name}-${newId()}@example.com`, password, name });
      const workspaceId = session.memberships[0]?.workspace.id ?? "";
      return {
        client: open(server, session.accessToken, workspaceId),
        token: session.accessToken,
        workspaceId,
        at: (other) => open(other, session.accessToken, workspaceId),
      };
    },
    close: async () => {
      for (const client of clients) await client.close();
      for (const worker of startedWorkers) await worker.close(1_000);
      for (const server of runningServers) await server.close();
      for (const parts of allParts) await parts.close();
      await network.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What all processes of one installation share: the queue and the bus. */
interface Network {
  jobs: JobBackend;
  openBus(): { bus: Bus; deltas: DeltaBuffer; close(): Promise<void> };
  close(): Promise<void>;
}

async function openNetwork(database: TestDatabase): Promise<Network> {
  const redis = openTestRedis();
  if (redis !== null) {
    const openRedis = () => new Redis(redis.url, { maxRetriesPerRequest: null });
    const jobs: JobBackend = { kind: "redis", connect: openRedis, prefix: redis.prefix };
    const openBus = () => {
      const own = openRedis();
      const bus = createRedisBus({ connect: openRedis, prefix: redis.prefix });
      const close = async () => {
        await bus.close();
        own.disconnect();
      };
      return { bus, deltas: createRedisDeltas({ redis: own, prefix: redis.prefix }), close };
    };
    await prepareBackend(jobs);
    return { jobs, openBus, close: () => redis.close() };
  }
  const pool = openJobPool({ connectionString: database.url }, "bullmq");
  const jobs: JobBackend = { kind: "postgres", pool, schema: "bullmq" };
  await prepareBackend(jobs);
  const [bus, deltas] = [createMemoryBus(), createMemoryDeltas()];
  return {
    jobs,
    openBus: () => ({ bus, deltas, close: async () => {} }),
    close: async () => {
      await bus.close();
      await pool.end();
    },
  };
}

function createTestParts(testDatabase: TestDatabase, network: Network, provider: AiProvider, folder: string, baseUrl: string): Parts {
  const database = connect(testDatabase, { poolMax: 4 });
  const { bus, deltas, close } = network.openBus();
  const files = createFolderStorage({ dir: folder, baseUrl, secret: "u".repeat(32) });
  return {
    database,
    inWorkspace: createInWorkspace(database, tellOfCommits(bus)),
    jobs: network.jobs,
    bus,
    deltas,
    files,
    acceptUpload: files.acceptUpload,
    provider,
    log: createLogger({ level: "fatal", name: "test" }),
    check: async () => {
      await database.app`select 1`;
    },
    close: async () => {
      await close();
      await database.close();
    },
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
