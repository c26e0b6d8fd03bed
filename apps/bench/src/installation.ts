/**
 * Axon itself, as it is run: one server process on a database made for this run. With PostgreSQL and Redis given, it is the
 * server of production; without, the standalone one.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type DatabaseTarget, openPool } from "@axon/db/connect";

export interface Services {
  databaseUrl: string;
  redisUrl: string;
}

export interface Installation {
  url: string;
  database: DatabaseTarget;
  /** What access tokens are signed with. */
  jwtSecret: string;
  /** CPU time that the server process has used so far, in milliseconds; NaN where the system does not tell. */
  cpuMs(): number;
  close(): Promise<void>;
}

export interface InstallationOptions {
  /** Of its processes, beside what every installation has. */
  env?: Record<string, string>;
  /** With a worker. Standalone always has one. */
  worker?: boolean;
}

const startMsMax = 120_000;
const pollMs = 50;
const outputCharsMax = 20_000;

/** Starts it and waits until it is ready. Throws when it has not been built, and with its words when it does not start. */
export async function openInstallation(
  services: Services | null,
  { env: more = {}, worker: working = false }: InstallationOptions = {},
): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), "axon-bench-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const jwtSecret = newSecret();
  const common = {
    JWT_SECRET: jwtSecret,
    JWT_REFRESH_SECRET: newSecret(),
    UPLOAD_SECRET: newSecret(),
    AXON_HOME: join(folder, "home"),
    HOST: "127.0.0.1",
    PORT: String(port),
    LOG_LEVEL: "warn",
    NODE_ENV: "production",
    ...more,
  };
  const own = services === null ? embeddedIn(join(folder, "home")) : await createDatabase(services.databaseUrl);
  const env = services === null ? common : { ...common, DATABASE_URL: own.target.url, REDIS_URL: services.redisUrl };
  const server = startProgram(services === null ? "standalone" : "server", services === null ? ["--no-seed"] : [], env, folder);
  const worker = working && services !== null ? startProgram("worker", [], env, folder) : null;
  const close = async () => {
    await worker?.end();
    await server.end();
    await own.drop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(url, server);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, database: own.target, jwtSecret, cpuMs: () => cpuMsOf(server.child.pid), close };
}

type App = "server" | "standalone" | "worker";

/** The main file of one of Axon's programs, as `npm run build` leaves it. */
function mainOf(app: App): string {
  const programs = {
    server: new URL("../../server/dist/main.js", import.meta.url),
    standalone: new URL("../../standalone/dist/main.js", import.meta.url),
    worker: new URL("../../worker/dist/main.js", import.meta.url),
  };
  const path = fileURLToPath(programs[app]);
  if (!existsSync(path)) throw new Error(`${path} is not there: run "npm run build" first`);
  return path;
}

interface Program {
  child: ChildProcess;
  output(): string;
  end(): Promise<void>;
}

function startProgram(app: App, args: string[], env: Record<string, string>, cwd: string): Program {
  const child = spawn(process.execPath, [mainOf(app), ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (text: Buffer) => {
    output = (output + text.toString("utf8")).slice(-outputCharsMax);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  return {
    child,
    output: () => output,
    end: async () => {
      child.kill("SIGTERM");
      await ended;
      process.off("exit", orphaned);
    },
  };
}

async function untilReady(url: string, { child, output }: Program): Promise<void> {
  const end = Date.now() + startMsMax;
  while ((await fetch(`${url}/readyz`).catch(() => null))?.status !== 200) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the server did not get ready:\n${output()}`);
    await sleep(pollMs);
  }
}

interface OwnDatabase {
  target: DatabaseTarget;
  drop(): Promise<void>;
}

async function createDatabase(serverUrl: string): Promise<OwnDatabase> {
  const name = `axon_bench_${randomBytes(6).toString("hex")}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await onServer(serverUrl, `create database ${name}`);
  return { target: { url: url.href }, drop: () => onServer(serverUrl, `drop database if exists ${name} with (force)`) };
}

async function onServer(url: string, statement: string): Promise<void> {
  const pool = openPool({ url }, null, 1);
  try {
    await pool.unsafe(statement);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

/** The socket that standalone opens in its home; see `embedded-parts.ts`. */
function embeddedIn(home: string): OwnDatabase {
  const dir = join(home, "run");
  return {
    target: { url: `postgres://postgres@${encodeURIComponent(dir)}:5432/postgres`, socketPath: join(dir, ".s.PGSQL.5432") },
    drop: async () => {},
  };
}

function newSecret(): string {
  return randomBytes(32).toString("hex");
}

/** From the kernel's account of the process: 10 ms a tick on every Linux that Node runs on. */
export function cpuMsOf(pid: number | undefined): number {
  if (process.platform !== "linux" || pid === undefined) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
