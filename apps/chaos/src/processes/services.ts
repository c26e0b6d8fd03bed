/**
 * A PostgreSQL and a Redis of the campaign's own, on the loopback, that write everything down before they say so.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openPool } from "@axon/db/connect";
import { Redis } from "ioredis";
import { freePort, Program } from "./programs.ts";

const run = promisify(execFile);

export interface Services {
  databaseUrl: string;
  redisUrl: string;
  postgres: Program;
  redis: Program;
  /** Starts Redis with nothing in it. Only while it is down. */
  emptyRedis(): void;
  close(): Promise<void>;
}

/** `nobody` of every Linux: PostgreSQL refuses to run as root. */
const nobody = { uid: 65_534, gid: 65_534 };
const emptyEnv = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/bin" };

/**
 * Makes both and starts them. `postgresRoot` is a folder with a whole system in it whose PostgreSQL is used. Throws when a program
 * is missing, or pgvector is.
 */
export async function openServices(postgresRoot: string | null): Promise<Services> {
  const redisFolder = mkdtempSync(join(tmpdir(), "axon-chaos-redis-"));
  const redisPort = await freePort();
  const redisUrl = `redis://127.0.0.1:${redisPort}`;
  const redis = new Program({
    name: "redis",
    command: findProgram("redis-server", onPath()),
    args: [
      "--port",
      String(redisPort),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "yes",
      "--appendfsync",
      "always",
      "--dir",
      redisFolder,
    ],
    env: emptyEnv,
    cwd: redisFolder,
    ready: () => pings(redisUrl),
  });
  const { postgres, databaseUrl, drop } = await makePostgres(postgresRoot);
  const close = async () => {
    await Promise.all([postgres.end(), redis.end()]);
    rmSync(redisFolder, { recursive: true, force: true });
    drop();
  };
  try {
    await Promise.all([postgres.start(), redis.start()]);
    await requireVector(databaseUrl);
  } catch (error) {
    await close();
    throw error;
  }
  const emptyRedis = () => {
    for (const name of readdirSync(redisFolder)) rmSync(join(redisFolder, name), { recursive: true, force: true });
  };
  return { databaseUrl, redisUrl, postgres, redis, emptyRedis, close };
}

async function makePostgres(root: string | null) {
  const programs = postgresFolder(root);
  const folder = mkdtempSync(join(root === null ? tmpdir() : join(root, "var", "tmp"), "axon-chaos-pg-"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, nobody.uid, nobody.gid);
  const inside = (path: string) => (root === null ? path : path.slice(root.replace(/\/$/, "").length));
  // A program of another system is started within it; chroot also gives up being root.
  const within = (program: string, args: string[]) =>
    root === null
      ? { command: join(programs, program), args, ...(isRoot && { user: nobody }) }
      : {
          command: "chroot",
          args: [`--userspec=${nobody.uid}:${nobody.gid}`, "--groups=", root, join(inside(programs), program), ...args],
        };
  const data = join(inside(folder), "data");
  const { command, args, user } = {
    user: undefined,
    ...within("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]),
  };
  await run(command, args, { cwd: "/", env: { ...emptyEnv, PATH: `${inside(programs)}:${emptyEnv.PATH}` }, ...user });
  const port = await freePort();
  const databaseUrl = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    dynamic_shared_memory_type: "mmap",
    max_connections: 100,
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const postgres = new Program({
    name: "postgres",
    ...within("postgres", ["-D", data, ...options]),
    env: emptyEnv,
    cwd: "/",
    ready: () => asks(databaseUrl),
  });
  return { postgres, databaseUrl, drop: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The folder with `postgres` and `initdb`: of the system in `root`, or of ours. The newest of several. */
function postgresFolder(root: string | null): string {
  if (root !== null && process.getuid?.() !== 0)
    throw new Error("--postgres-root needs root: another system's programs are started with chroot");
  const versions = join(root ?? "/", "usr", "lib", "postgresql");
  const installed = existsSync(versions) ? readdirSync(versions).sort((one, other) => Number(other) - Number(one)) : [];
  const folders = [...installed.map((version) => join(versions, version, "bin")), ...(root === null ? onPath() : [])];
  const found = folders.find((folder) => existsSync(join(folder, "postgres")) && existsSync(join(folder, "initdb")));
  if (found === undefined)
    throw new Error(
      "PostgreSQL is not installed here: install the server (with pgvector), or name a system that has it with --postgres-root",
    );
  return found;
}

function onPath(): string[] {
  return ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/opt/homebrew/bin"];
}

function findProgram(name: string, folders: readonly string[]): string {
  const folder = folders.find((one) => existsSync(join(one, name)));
  if (folder === undefined) throw new Error(`${name} is not installed here`);
  return join(folder, name);
}

async function pings(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    return (await redis.ping()) === "PONG";
  } finally {
    redis.disconnect();
  }
}

async function asks(url: string): Promise<boolean> {
  const pool = openPool({ url }, null, 1);
  try {
    return (await pool`select 1 as one`).length === 1;
  } finally {
    await pool.end({ timeout: 1 });
  }
}

async function requireVector(url: string): Promise<void> {
  const pool = openPool({ url }, null, 1);
  try {
    const rows = await pool`select 1 as one from pg_available_extensions where name = 'vector'`;
    if (rows.length === 0) throw new Error("this PostgreSQL lacks pgvector: install it, or name a system that has it with --postgres-root");
  } finally {
    await pool.end({ timeout: 1 });
  }
}
