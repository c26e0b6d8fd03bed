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
import type { Env } from "@axon/config/env";
import { createLogger, type Logger } from "@axon/config/logger";
import type { Session } from "@axon/contracts/auth";
import type { SendMail } from "@axon/contracts/mail";
import { createInWorkspace } from "@axon/core/context";
import { createSealer } from "@axon/core/sealing";
import { connect } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { createMailFolder } from "@axon/integrations/mail/folder";
import { createFolderStorage } from "@axon/integrations/storage/folder";
import { createWeb } from "@axon/integrations/web/web";
import { type JobBackend, openJobPool, prepareBackend } from "@axon/jobs/backend";
import { type Bus, createMemoryBus } from "@axon/realtime/bus";
import type { DeltaBuffer } from "@axon/realtime/deltas";
import { createMemoryDeltas } from "@axon/realtime/memory-deltas";
import { createMemoryPresence, createRedisPresence, type PresenceStore } from "@axon/realtime/presence-store";
import { createRedisBus } from "@axon/realtime/redis-bus";
import { createRedisDeltas } from "@axon/realtime/redis-deltas";
import { pingOf } from "@axon/runtime/health";
import { currentRequest, type Parts, tellOfCommits } from "@axon/runtime/parts";
import type { Reporter } from "@axon/runtime/report";
import { watchParts } from "@axon/runtime/watch";
import type { DoorOptions } from "@axon/server/door-options";
import { type RunningServer, startServer } from "@axon/server/start-server";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { openTestRedis } from "@axon/testing/database-redis";
import { openTestLimits, type TestLimits } from "@axon/testing/limits";
import { type RunningWorker, startWorker } from "@axon/worker/start-worker";
import { Redis } from "ioredis";

export interface App {
  /** One for each server, in the order they were started. */
  urls: string[];
  url: string;
  database: TestDatabase;
  /** Where files lie. */
  filesFolder: string;
  /** Where letters lie. */
  mailFolder: string;
  workers: RunningWorker[];
  /** A new owner in a workspace of their own, signed in at the server with this number. */
  found(name?: string, server?: number): Promise<Owner>;
  /** A client with nothing but an address. */
  stranger(): AxonClient;
  close(): Promise<void>;
}

export interface Owner {
  session: Session;
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
  /** Silent but for what is fatal, when left out. */
  log?: Logger;
  reporter?: Reporter;
  /** Carries letters in place of the folder. */
  sendMail?: SendMail;
  /** `host:port` of sites on this machine that may be read. */
  sites?: string[];
  /** Limits that are to be met in the test; without, they are out of reach. */
  limits?: { [Whose in keyof Env["limits"]]?: Partial<Env["limits"][Whose]> };
  /** For the server with this number. */
  door?: (server: number) => Partial<DoorOptions>;
  accessTtlSeconds?: number;
  trustProxy?: Env["http"]["trustProxy"];
}

const outOfReach = 1_000_000;

type TestOptions = Required<Pick<AppOptions, "provider" | "log" | "reporter">> & Pick<AppOptions, "sendMail" | "sites">;

const password = "correct horse battery";

export async function openApp({ servers = 1, workers = 1, ...given }: AppOptions = {}): Promise<App> {
  const options: TestOptions = {
    provider: createLocalProvider(),
    log: createLogger({ level: "fatal", name: "test" }),
    reporter: { report: () => {}, close: async () => {} },
    ...given,
  };
  const database = await openTestDatabase();
  const network = await openNetwork(database, workers);
  const folder = mkdtempSync(join(tmpdir(), "axon-app-"));
  const allParts: Parts[] = [];
  const runningServers: RunningServer[] = [];
  const clients: AxonClient[] = [];
  const urls: string[] = [];
  const startedWorkers: RunningWorker[] = [];

  const makeParts = (baseUrl: string) => {
    const parts = createTestParts(database, network, options, folder, baseUrl);
    allParts.push(parts);
    return parts;
  };
  for (let number = 0; number < servers; number++) {
    const port = await freePort();
    const parts = makeParts(`http://127.0.0.1:${port}`);
    runningServers.push(
      await startServer(
        parts,
        {
          http: {
            host: "127.0.0.1",
            port,
            baseUrl: `http://127.0.0.1:${port}`,
            allowedOrigins: ["http://localhost:3000"],
            trustProxy: given.trustProxy ?? { hops: 0, networks: [] },
          },
          limits: {
            address: { requestsPerMinute: outOfReach, connections: outOfReach, sockets: outOfReach, ...given.limits?.address },
            caller: { sockets: outOfReach, ...given.limits?.caller },
            workspace: {
              callsPerMinute: outOfReach,
              concurrentCalls: outOfReach,
              concurrentModelCalls: outOfReach,
              streams: outOfReach,
              ...given.limits?.workspace,
            },
          },
          auth: {
            accessSecrets: ["a".repeat(32)],
            refreshSecrets: ["r".repeat(32)],
            accessTtlSeconds: given.accessTtlSeconds ?? 900,
            refreshTtlSeconds: 3600,
            bcryptRounds: 4,
          },
        },
        given.door?.(number),
      ),
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
    filesFolder: folder,
    mailFolder: join(folder, "mail"),
    workers: startedWorkers,
    stranger: () => open(0),
    found: async (name = "owner", server = 0) => {
      const session = await open(server).api.auth.signUp.mutate({ email: `${name}-${newId()}@example.com`, password, name });
      const workspaceId = session.memberships[0]?.workspace.id ?? "";
      return {
        session,
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
  limits: TestLimits;
  openBus(): { bus: Bus; deltas: DeltaBuffer; presence: PresenceStore; pingRedis: (() => Promise<void>) | null; close(): Promise<void> };
  close(): Promise<void>;
}

async function openNetwork(database: TestDatabase, consumers: number): Promise<Network> {
  const redis = openTestRedis();
  const limits = openTestLimits();
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
      const deltas = createRedisDeltas({ redis: own, prefix: redis.prefix });
      return { bus, deltas, presence: createRedisPresence({ redis: own, prefix: redis.prefix }), pingRedis: pingOf(own), close };
    };
    await prepareBackend(jobs);
    const close = async () => {
      await limits.close();
      await redis.close();
    };
    return { jobs, limits, openBus, close };
  }
  const pool = openJobPool({ connectionString: database.url }, "bullmq", consumers);
  const jobs: JobBackend = { kind: "postgres", pool, schema: "bullmq" };
  await prepareBackend(jobs);
  const [bus, deltas, presence] = [createMemoryBus(), createMemoryDeltas(), createMemoryPresence()];
  return {
    jobs,
    limits,
    openBus: () => ({ bus, deltas, presence, pingRedis: null, close: async () => {} }),
    close: async () => {
      await bus.close();
      await pool.end();
    },
  };
}

function createTestParts(testDatabase: TestDatabase, network: Network, options: TestOptions, folder: string, baseUrl: string): Parts {
  const { log, reporter } = options;
  const database = connect(testDatabase, { poolMax: 4 });
  const { bus, deltas, presence, pingRedis, close } = network.openBus();
  const files = createFolderStorage({ dir: folder, baseUrl, secret: "u".repeat(32) });
  const watch = watchParts({ database, jobs: network.jobs, pingRedis, provider: options.provider, log });
  return {
    database,
    inWorkspace: createInWorkspace(database, tellOfCommits(bus), { requestId: currentRequest }),
    jobs: network.jobs,
    bus,
    deltas,
    presence,
    eventsKeptDays: 30,
    files,
    acceptUpload: files.acceptUpload,
    provider: watch.provider,
    web: createWeb({ allowPrivateHosts: options.sites ?? [], pauseMs: 0 }),
    limits: network.limits,
    sealer: createSealer([{ id: "test", bytes: Buffer.alloc(32, 7) }]),
    mailer: {
      send: options.sendMail ?? createMailFolder({ dir: join(folder, "mail") }),
      appUrl: "http://localhost:3000",
      letterSecrets: ["r".repeat(32)],
    },
    log,
    metrics: watch.metrics,
    health: watch.health,
    reporter,
    close: async () => {
      await watch.close();
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
