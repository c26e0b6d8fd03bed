import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AxonClient, createAxonClient } from "@axon/client/client";
import { openPool } from "@axon/db/connect";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { answers } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { type Cable, openCable } from "./cable.fixture.ts";
import { type ClaimedRedis, claimRedis } from "./claim-redis.fixture.ts";
import { endPrograms, freePort, type Program, startProgram, until, untilReady } from "./processes.fixture.ts";
import { isOutcome, messagesOf, readThroughCuts, readUntil, returns, teach, textsOf, transcriptOf } from "./reading.fixture.ts";

const testMs = 300_000;
/** Eight seconds on a quiet machine, ten is what a stop may take; the rest is for one that is busy with other tests. */
const stopMsMax = 30_000;
const isProduction = inject("testDatabase").kind === "server" && inject("testRedisUrl") !== null;

/** A whole installation in processes of its own: two servers, two workers. */
interface Installation {
  servers: { url: string; program: Program }[];
  /** By the key that each one shows to the model, which tells who asked. */
  workers: Map<string, Program>;
}

let folder: string;
let fake: FakeOpenAi;
let database: TestDatabase;
let redis: ClaimedRedis;
/** Between all programs and Redis. */
let redisCable: Cable;
let env: Record<string, string>;
let axon: Installation;
let token: string;
let workspaceId: string | undefined;
let clients: AxonClient[];
let agentId: string;

function startServer(port: number): Program {
  return startProgram({
    app: "server",
    built: inject("built"),
    env: { ...env, PORT: String(port), OPENAI_API_KEY: "sk-server" },
    cwd: folder,
  });
}

async function startWorker(key: string): Promise<Program> {
  const program = startProgram({ app: "worker", built: inject("built"), env: { ...env, OPENAI_API_KEY: key }, cwd: folder });
  await program.says(/taking jobs/);
  return program;
}

async function startInstallation(): Promise<Installation> {
  const ports = [await freePort(), await freePort()];
  const servers = ports.map((port) => ({ url: `http://127.0.0.1:${port}`, program: startServer(port) }));
  const keys = ["sk-worker-one", "sk-worker-two"];
  const programs = await Promise.all(keys.map(startWorker));
  for (const { program, url } of servers) await untilReady(program, url);
  return { servers, workers: new Map(programs.map((program, index) => [keys[index] ?? "", program])) };
}

/** The worker whose question to the model is open now, by its key. */
async function busyWorker(): Promise<{ key: string; program: Program }> {
  const open = () => fake.requests.find(({ endpoint, outcome }) => endpoint === "chat" && outcome === "open");
  await until(() => open() !== undefined, "a worker to ask the model");
  const key = open()?.headers["authorization"]?.replace("Bearer ", "") ?? "";
  const program = axon.workers.get(key);
  if (program === undefined) throw new Error(`the model was asked with ${key}`);
  return { key, program };
}

const client = (server: number): AxonClient => {
  const found = clients[server];
  if (!found) throw new Error(`there is no server ${server}`);
  return found;
};

async function start(server = 0) {
  const { conversation } = await client(server).api.conversations.start.mutate({ agentId, text: returns.question });
  return { conversationId: conversation.id, lastEventId: conversation.lastEventId };
}

async function expectOneReply(conversationId: string, expected: string[]): Promise<void> {
  await until(async () => (await messagesOf(client(1), conversationId)).length >= expected.length, "the reply", 120_000);
  expect(transcriptOf(await messagesOf(client(1), conversationId))).toEqual(expected);
}

async function ask<Row extends Record<string, unknown>>(sql: string): Promise<Row[]> {
  const pool = openPool(database, null, 1);
  try {
    return [...(await pool.unsafe<Row[]>(sql))];
  } finally {
    await pool.end({ timeout: 5 });
  }
}

const ticking = (delayMs: number) => answers(returns.longAnswer, { pieceChars: 12, delayMs });

describe.runIf(isProduction)("two servers and two workers, as processes", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "axon-production-"));
    mkdirSync(join(folder, "home"));
    fake = await createFakeOpenAi();
    database = await openTestDatabase();
    redis = await claimRedis(inject("testRedisUrl") ?? "");
    redisCable = await openCable(redis.url);
    env = {
      DATABASE_URL: database.url,
      DATABASE_POOL_MAX: "4",
      REDIS_URL: redis.url.replace(/:\d+\//, `:${new URL(redisCable.url).port}/`),
      HOST: "127.0.0.1",
      AXON_HOME: join(folder, "home"),
      JWT_SECRET: "a".repeat(32),
      JWT_REFRESH_SECRET: "r".repeat(32),
      UPLOAD_SECRET: "u".repeat(32),
      BCRYPT_ROUNDS: "10",
      LOG_LEVEL: "info",
      OPENAI_BASE_URL: fake.baseUrl,
    };
    axon = await startInstallation();
    const visitor = createAxonClient({ url: axon.servers[0]?.url ?? "" });
    const session = await visitor.api.auth.signUp.mutate({ email: "owner@example.com", password: "correct horse battery", name: "Owner" });
    await visitor.close();
    token = session.accessToken;
    workspaceId = session.memberships[0]?.workspace.id;
    clients = axon.servers.map(({ url }) => createAxonClient({ url, token, workspaceId }));
    agentId = (await client(0).api.agents.create.mutate({ name: "Ada", replyDelayMs: 0, confidenceThreshold: 0 })).id;
    await teach(client(1), "Returns", returns.document);
  }, testMs);
  afterAll(async () => {
    for (const one of clients ?? []) await one.close();
    await endPrograms();
    await redisCable?.close();
    await redis?.close();
    await database?.close();
    await fake?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => fake.reset());

  it(
    "a turn started at one server streams to a reader at the other, whose socket is cut five times: exact text, no gap, no repeat",
    async () => {
      fake.when(() => true, ticking(90));
      const cable = await openCable(axon.servers[1]?.url ?? "");
      const reader = createAxonClient({ url: cable.url, token, workspaceId });
      try {
        const { read, cuts } = await readThroughCuts(reader, cable, await start(0), 5);
        expect(cuts).toBe(5);
        expect([...textsOf(read).values()]).toEqual([returns.longAnswer]);
        expect(read.at(-1)?.event).toMatchObject({ type: "reply.completed", text: returns.longAnswer });
        expect(read.map(({ event }) => event.type).filter((type) => type !== "reply.delta")).toEqual([
          "reply.started",
          "message.created",
          "reply.completed",
        ]);
      } finally {
        await reader.close();
        await cable.close();
      }
    },
    testMs,
  );

  it(
    "Redis wiped in mid-reply, with every connection to it broken, loses no event: the reply comes whole, and the next one too",
    async () => {
      fake.when(() => true, ticking(90));
      const place = await start(0);
      let pieces = 0;
      let lost: Promise<void> | undefined;
      const loseRedis = async () => {
        await redis.wipe();
        expect(redisCable.cut()).toBeGreaterThan(0);
      };
      const read = await readUntil((signal) => client(1).follow.conversation(place, { signal }), isOutcome, {
        timeoutMs: 120_000,
        onEvent: ({ type }) => {
          if (type === "reply.delta") pieces += 1;
          if (pieces === 3) lost ??= loseRedis();
        },
      });
      if (lost === undefined) throw new Error("the reply was over before Redis could be lost");
      await lost;
      expect(read.at(-1)?.event).toMatchObject({ type: "reply.completed", text: returns.longAnswer });
      expect(read.map(({ event }) => event.type).filter((type) => type !== "reply.delta")).toEqual([
        "reply.started",
        "message.created",
        "reply.completed",
      ]);
      // What was being read goes on where it was; a piece may be missing from the buffer, never from what is stored.
      fake.reset();
      fake.when(() => true, answers(returns.answer));
      await client(0).api.conversations.send.mutate({ conversationId: place.conversationId, text: "And worn shoes?" });
      const soFar = [`contact: ${returns.question}`, `ai: ${returns.longAnswer}`];
      await expectOneReply(place.conversationId, [...soFar, "contact: And worn shoes?", `ai: ${returns.answer}`]);
    },
    testMs,
  );

  it(
    "a worker killed in mid-reply is replaced by the other: the reader begins anew and there is exactly one reply",
    async () => {
      fake.script([ticking(200)]);
      fake.when(() => true, answers(returns.answer));
      const place = await start(0);
      let pieces = 0;
      let killed: Promise<string> | undefined;
      const kill = async () => {
        const { key, program } = await busyWorker();
        await program.end("SIGKILL");
        return key;
      };
      const read = await readUntil((signal) => client(1).follow.conversation(place, { signal }), isOutcome, {
        timeoutMs: 120_000,
        onEvent: ({ type }) => {
          if (type === "reply.delta") pieces += 1;
          if (pieces === 3) killed ??= kill();
        },
      });
      const key = await killed;
      if (key === undefined) throw new Error("the reply was over before its worker could be killed");
      expect(read.flatMap(({ event }) => (event.type === "reply.superseded" ? [event.reason] : []))).toEqual(["restarted"]);
      const outcome = read.at(-1)?.event;
      expect(outcome).toMatchObject({ type: "reply.completed", text: returns.answer });
      expect(textsOf(read).get(outcome?.type === "reply.completed" ? outcome.replyId : "")).toBe(returns.answer);
      expect(fake.requests.filter(({ endpoint }) => endpoint === "chat").at(-1)?.headers["authorization"]).not.toContain(key);
      await expectOneReply(place.conversationId, [`contact: ${returns.question}`, `ai: ${returns.answer}`]);
      axon.workers.set(key, await startWorker(key));
    },
    testMs,
  );

  it(
    "a server killed the moment it took a message loses nothing: the message is there and is answered once",
    async () => {
      fake.when(() => true, answers(returns.answer));
      const [first] = axon.servers;
      if (!first) throw new Error("there is no server");
      const place = await start(0);
      const before = [`contact: ${returns.question}`, `ai: ${returns.answer}`];
      await expectOneReply(place.conversationId, before);
      const shoes = { conversationId: place.conversationId, text: "And worn shoes?", clientMessageId: "shoes" };
      await client(0).api.conversations.send.mutate(shoes);
      await first.program.end("SIGKILL");
      await expectOneReply(place.conversationId, [...before, "contact: And worn shoes?", `ai: ${returns.answer}`]);

      first.program = startServer(Number(new URL(first.url).port));
      await untilReady(first.program, first.url);
      // A caller who cannot know whether it arrived sends it again.
      await client(0).api.conversations.send.mutate(shoes);
      await expectOneReply(place.conversationId, [...before, "contact: And worn shoes?", `ai: ${returns.answer}`]);
    },
    testMs,
  );

  it(
    "a worker told to stop lets a short reply end, and gives a long one to the other, with 0 and without hanging",
    async () => {
      fake.script([answers(returns.answer, { pieceChars: 4, delayMs: 60 })]);
      const short = await start(0);
      const one = await busyWorker();
      expect(await one.program.end("SIGTERM")).toEqual({ code: 0, signal: null });
      // Nobody had to begin again: its only reply was streamed by the worker that was stopping.
      await expectOneReply(short.conversationId, [`contact: ${returns.question}`, `ai: ${returns.answer}`]);
      expect(fake.requests.filter(({ endpoint }) => endpoint === "chat")).toHaveLength(1);
      axon.workers.set(one.key, await startWorker(one.key));

      fake.reset();
      fake.script([ticking(5_000)]);
      fake.when(() => true, answers(returns.answer));
      const long = await start(1);
      const other = await busyWorker();
      const askedAt = performance.now();
      expect(await other.program.end("SIGTERM")).toEqual({ code: 0, signal: null });
      expect(performance.now() - askedAt, other.program.output()).toBeLessThan(stopMsMax);
      await expectOneReply(long.conversationId, [`contact: ${returns.question}`, `ai: ${returns.answer}`]);
      expect(await client(1).api.conversations.get.query({ conversationId: long.conversationId })).toMatchObject({ status: "open" });
      axon.workers.set(other.key, await startWorker(other.key));
    },
    testMs,
  );

  it(
    "a server told to stop sends its readers on, who miss nothing, and all end with 0 and no turn open",
    async () => {
      fake.when(() => true, ticking(60));
      const [, second] = axon.servers;
      if (!second) throw new Error("there is no second server");
      const place = await start(0);
      let stopped: Promise<unknown> | undefined;
      const restart = async () => {
        const askedAt = performance.now();
        expect(await second.program.end("SIGTERM")).toEqual({ code: 0, signal: null });
        expect(performance.now() - askedAt).toBeLessThan(stopMsMax);
        second.program = startServer(Number(new URL(second.url).port));
      };
      const read = await readUntil((signal) => client(1).follow.conversation(place, { signal }), isOutcome, {
        timeoutMs: 120_000,
        onEvent: ({ type }) => {
          if (type === "reply.delta") stopped ??= restart();
        },
      });
      await stopped;
      expect([...textsOf(read).values()]).toEqual([returns.longAnswer]);
      await untilReady(second.program, second.url);

      const programs = [...axon.servers.map(({ program }) => program), ...axon.workers.values()];
      expect(await Promise.all(programs.map((program) => program.end("SIGTERM")))).toEqual(programs.map(() => ({ code: 0, signal: null })));
      expect(await ask("select id from turn where state in ('received', 'claimed', 'thinking')")).toEqual([]);
      expect(await ask("select turn_id from message where turn_id is not null group by turn_id having count(*) > 1")).toEqual([]);
      expect(await ask("select key from outbox where delivered_at is null")).toEqual([]);
    },
    testMs,
  );
});
