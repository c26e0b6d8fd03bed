/**
 * Two servers and two workers on a PostgreSQL and a Redis of their own, all of them killed at random under load. When it is over,
 * what the database holds and what the clients saw is held to the same promises as the simulation.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type AxonClient, createAxonClient } from "@axon/client/client";
import { openPool } from "@axon/db/connect";
import { Redis } from "ioredis";
import type { Sql } from "postgres";
import { checkRest, openStates } from "../sim/check-rest.ts";
import { checkStep } from "../sim/check-step.ts";
import { type Random, randomOf } from "../sim/random.ts";
import { type Snapshot, takeSnapshot } from "../sim/snapshot.ts";
import { Violation } from "../sim/violation.ts";
import { type Load, startLoad } from "./load.ts";
import { answersOk, freePort, Program } from "./programs.ts";
import { openServices, type Services } from "./services.ts";

export interface CampaignOptions {
  seed: string;
  minutes: number;
  postgresRoot: string | null;
  json: boolean;
}

const customers = 6;
/** Between two kills, and before what was killed is started again, in milliseconds. */
const killEveryMs = { min: 2_000, span: 5_000 };
const awayMsMax = 3_000;
/** How long everything may take to come to rest: a job whose queue was lost is carried to it again after five minutes. */
const restMsMax = 420_000;
const lookMs = 2_000;
const document = "Returns are accepted within 30 days of delivery. The shop pays for the way back. Worn shoes cannot be returned.";

/** Gives 0 when every promise held. Prints one line of counts, or with `json` an object. */
export async function campaign({ seed, minutes, postgresRoot, json }: CampaignOptions): Promise<number> {
  const services = await openServices(postgresRoot);
  const folder = mkdtempSync(join(tmpdir(), "axon-chaos-"));
  const model = await startModel();
  const programs: Program[] = [];
  const clients: AxonClient[] = [];
  const owner = openPool({ url: services.databaseUrl }, null, 2);
  try {
    const { urls } = await startAxon(services, folder, model.baseUrl, programs);
    const { workspaceId, agentId } = await found(urls, clients);
    const [cursor] = await owner<{ last: string }[]>`select last from workspace_cursor where workspace_id = ${workspaceId}`;
    const stop = new AbortController();
    const load = startLoad({ seed, clients, agentId, customers, stop: stop.signal });
    const kills = await torment({ services, programs, random: randomOf(seed, "kills"), endMs: Date.now() + minutes * 60_000 });
    stop.abort();
    await load.ended;
    const seen = await rest(owner, services, workspaceId);
    const problem = judge(seen.snapshot, load, Number(cursor?.last ?? 0), seen.jobs);
    const result = {
      seed,
      minutes,
      messages: seen.snapshot.talks.reduce((sum, { messages }) => sum + messages.length, 0),
      replies: seen.snapshot.talks.reduce((sum, { messages }) => sum + messages.filter(({ kind }) => kind === "ai").length, 0),
      acknowledged: load.handed.filter(({ acknowledged }) => acknowledged).length,
      retries: load.retries(),
      kills,
      problem,
    };
    process.stdout.write(`${json ? JSON.stringify(result, null, 2) : tell(result)}\n`);
    return problem === null ? 0 : 1;
  } finally {
    for (const client of clients) await client.close();
    await Promise.all(programs.map((program) => program.end()));
    await owner.end({ timeout: 1 });
    model.child.kill("SIGKILL");
    await services.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Result {
  messages: number;
  replies: number;
  acknowledged: number;
  retries: number;
  kills: Readonly<Record<string, number>>;
  problem: string | null;
}

function tell({ messages, replies, acknowledged, retries, kills, problem }: Result): string {
  const killed = Object.entries(kills).map(([name, times]) => `${name} ${times}`);
  const verdict = problem ?? "0 lost, 0 doubled, 0 after takeover, 0 inversions, 0 open turns, 0 orphan jobs";
  return `${messages} messages (${acknowledged} acknowledged, ${replies} replies, ${retries} requests made again), ${verdict}; kills: ${killed.join(", ")}`;
}

async function startModel(): Promise<{ child: ChildProcess; baseUrl: string }> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const child = fork(fileURLToPath(new URL(`../model-main.${extension}`, import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const baseUrl = await new Promise<string>((resolve, reject) => {
    child.once("message", (url) => resolve(String(url)));
    child.once("exit", (code) => reject(new Error(`the model's stand-in ended with ${code}`)));
  });
  return { child, baseUrl };
}

async function startAxon(services: Services, folder: string, modelUrl: string, programs: Program[]): Promise<{ urls: string[] }> {
  const secret = () => randomBytes(32).toString("hex");
  const env = {
    DATABASE_URL: services.databaseUrl,
    DATABASE_POOL_MAX: "6",
    REDIS_URL: services.redisUrl,
    HOST: "127.0.0.1",
    AXON_HOME: folder,
    JWT_SECRET: secret(),
    JWT_REFRESH_SECRET: secret(),
    UPLOAD_SECRET: secret(),
    JWT_ACCESS_TTL: "86400",
    LOG_LEVEL: "warn",
    OPENAI_BASE_URL: modelUrl,
    OPENAI_API_KEY: "sk-chaos",
  };
  const urls: string[] = [];
  const common = { command: process.execPath, cwd: folder };
  for (const name of ["server 1", "server 2"]) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    urls.push(url);
    programs.push(
      new Program({
        ...common,
        name,
        args: [mainOf("server")],
        env: { ...env, PORT: String(port) },
        ready: () => answersOk(`${url}/readyz`),
      }),
    );
  }
  for (const name of ["worker 1", "worker 2"]) {
    const port = String(await freePort());
    const ready = () => answersOk(`http://127.0.0.1:${port}/readyz`);
    programs.push(new Program({ ...common, name, args: [mainOf("worker")], env: { ...env, WORKER_HEALTH_PORT: port }, ready }));
  }
  // The first brings the database to the newest schema; the others find nothing to do.
  for (const program of programs) await program.start();
  return { urls };
}

function mainOf(app: "server" | "worker"): string {
  const mains = {
    server: new URL("../../../server/dist/main.js", import.meta.url),
    worker: new URL("../../../worker/dist/main.js", import.meta.url),
  };
  const path = fileURLToPath(mains[app]);
  if (!existsSync(path)) throw new Error(`${path} is not there: run "npm run build" first`);
  return path;
}

/** A workspace with an agent that knows something; `clients` gets one for each server. */
async function found(urls: readonly string[], clients: AxonClient[]): Promise<{ workspaceId: string; agentId: string }> {
  const visitor = createAxonClient({ url: urls[0] ?? "" });
  const session = await visitor.api.auth.signUp.mutate({ email: "owner@example.com", password: "correct horse battery", name: "Owner" });
  await visitor.close();
  const workspaceId = session.memberships[0]?.workspace.id;
  if (workspaceId === undefined) throw new Error("whoever signs up has a workspace");
  for (const url of urls) clients.push(createAxonClient({ url, token: session.accessToken, workspaceId }));
  const [first] = clients;
  if (!first) throw new Error("there is no server");
  const agent = await first.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0, confidenceThreshold: 0 });
  const source = await first.api.knowledge.sources.create.mutate({ kind: "text", name: "Returns" });
  const { id } = await first.api.knowledge.documents.addText.mutate({ sourceId: source.id, name: "Returns", text: document });
  const read = await first.waitForDocument(id);
  if (read.status !== "ready") throw new Error(`the document could not be read: ${read.error?.message}`);
  return { workspaceId, agentId: agent.id };
}

interface Torment {
  services: Services;
  programs: readonly Program[];
  random: Random;
  endMs: number;
}

/** Kills one after the other until the time is over, and has them all running again. Gives how often each was killed. */
async function torment({ services, programs, random, endMs }: Torment): Promise<Record<string, number>> {
  const { postgres, redis, emptyRedis } = services;
  const everybody = [...programs, ...programs, postgres, redis];
  let waiting: typeof everybody = [];
  let emptied = 0;
  while (Date.now() < endMs) {
    await sleep(killEveryMs.min + random.below(killEveryMs.span));
    // In rounds: drawn anew each time, Redis was once spared for all of five minutes.
    if (waiting.length === 0) waiting = [...everybody];
    const [victim] = waiting.splice(random.below(waiting.length), 1);
    if (!victim) continue;
    process.stderr.write(`${victim.name} is killed\n`);
    await victim.kill();
    await sleep(random.below(awayMsMax));
    // The first time with its data gone, the next time with what it had written.
    if (victim === redis && redis.kills % 2 === 1) {
      emptyRedis();
      emptied += 1;
    }
    await victim.start();
  }
  const all = [postgres, redis, ...programs];
  for (const program of all) await program.untilReady();
  return { ...Object.fromEntries(all.map(({ name, kills }) => [name, kills])), "redis emptied": emptied };
}

/** Waits until nothing is left to do, or too long. */
async function rest(owner: Sql, { redisUrl }: Services, workspaceId: string): Promise<{ snapshot: Snapshot; jobs: number }> {
  const end = Date.now() + restMsMax;
  const redis = new Redis(redisUrl);
  redis.on("error", () => {});
  try {
    for (;;) {
      const over = Date.now() > end;
      try {
        const jobs = await jobsLeft(redis);
        const [left] = await owner<{ count: number }[]>`select (select count(*) from outbox)::int
          + (select count(*) from turn where state in ${owner(openStates)})::int as count`;
        if (over || (left?.count === 0 && jobs === 0)) return { snapshot: await takeSnapshot(owner, workspaceId), jobs };
      } catch (error) {
        if (over) throw error; // Our own connections were cut with the others'.
      }
      await sleep(lookMs);
    }
  } finally {
    redis.disconnect();
  }
}

/** Jobs that wait or are worked on, in all queues, as BullMQ keeps them. */
async function jobsLeft(redis: Redis): Promise<number> {
  let count = 0;
  for (const key of await redis.keys("*")) {
    if (/:(wait|active|paused)$/.test(key)) count += await redis.llen(key);
    else if (/:(delayed|prioritized)$/.test(key)) count += await redis.zcard(key);
  }
  return count;
}

/** The first promise that was broken, in words; null when all were kept. */
function judge(seen: Snapshot, load: Load, firstPlace: number, jobs: number): string | null {
  try {
    checkStep(seen, null, load.handed, firstPlace);
    checkRest(seen, load.handed, jobs > 0 ? `${jobs} jobs are still queued` : null);
    return load.streams[0] ?? null;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}
