/** Stopping in the middle of everything: within ten seconds, with 0, and with nothing lost. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAxonClient } from "@axon/client/client";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { answers, stallsAtOnce } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { type ClaimedRedis, claimRedis } from "./claim-redis.fixture.ts";
import { endPrograms, freePort, type Program, startProgram, until, untilReady } from "./processes.fixture.ts";
import { isOutcome, messagesOf, readUntil, returns, teach, textsOf, transcriptOf } from "./reading.fixture.ts";

const testMs = 400_000;
/** An init system kills after ten; the half is for a machine that is busy with other tests. */
const stopMsMax = 10_500;
/** Server and worker apart where there are real services, one process where there are none. */
const redisUrl = inject("testRedisUrl");
const apart = inject("testDatabase").kind === "server" && redisUrl !== null;

let folder: string;
let fake: FakeOpenAi;
let env: Record<string, string>;
let url: string;
let healthUrl: string;
let database: TestDatabase | null = null;
let redis: ClaimedRedis | null = null;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "axon-drain-"));
  mkdirSync(join(folder, "home"));
  fake = await createFakeOpenAi();
  const [port, healthPort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  healthUrl = apart ? `http://127.0.0.1:${healthPort}` : url;
  env = {
    AXON_HOME: join(folder, "home"),
    PORT: String(port),
    HOST: "127.0.0.1",
    OPENAI_API_KEY: fake.apiKey,
    OPENAI_BASE_URL: fake.baseUrl,
  };
  if (!apart) return;
  database = await openTestDatabase();
  redis = await claimRedis(redisUrl ?? "");
  Object.assign(env, {
    DATABASE_URL: database.url,
    DATABASE_POOL_MAX: "4",
    REDIS_URL: redis.url,
    WORKER_HEALTH_PORT: String(healthPort),
    JWT_SECRET: "a".repeat(32),
    JWT_REFRESH_SECRET: "r".repeat(32),
    UPLOAD_SECRET: "u".repeat(32),
    ENCRYPTION_KEYS: `one:${"0123456789abcdef".repeat(4)}`,
    BCRYPT_ROUNDS: "10",
  });
}, testMs);
afterAll(async () => {
  await endPrograms();
  await redis?.close();
  await database?.close();
  await fake?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startAll(): Promise<Program[]> {
  const names = apart ? (["server", "worker"] as const) : (["standalone"] as const);
  const programs = names.map((app) =>
    startProgram({ app, built: inject("built"), env, args: app === "standalone" ? ["--no-seed"] : [], cwd: folder }),
  );
  const [first] = programs;
  if (first) await untilReady(first, url);
  if (apart) await programs[1]?.says(/taking jobs/);
  return programs;
}

it(
  "SIGTERM with a socket open, a reply streaming and a job running ends within ten seconds with 0, and all is done after the next start",
  async () => {
    const programs = await startAll();
    const visitor = createAxonClient({ url });
    const session = await visitor.api.auth.signUp.mutate({ email: "owner@example.com", password: "correct horse battery", name: "Owner" });
    await visitor.close();
    const client = createAxonClient({ url, token: session.accessToken, workspaceId: session.memberships[0]?.workspace.id });
    await teach(client, "Returns", returns.document);
    const { id: agentId } = await client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0, confidenceThreshold: 0 });
    expect(await (await fetch(`${healthUrl}/readyz`)).json()).toMatchObject({ status: "ready", checks: { migrations: "ok" } });
    expect(await (await fetch(`${healthUrl}/metrics`)).text()).toMatch(/axon_jobs_total\{[^}]*job="knowledge\.ingest",outcome="done"\} 1/);

    // Longer than anybody would wait for, with the reader's socket open.
    fake.script([answers(returns.longAnswer, { pieceChars: 4, delayMs: 1_000 })]);
    const { conversation } = await client.api.conversations.start.mutate({ agentId, text: returns.question });
    const place = { conversationId: conversation.id, lastEventId: conversation.lastEventId };
    let pieces = 0;
    const reading = readUntil((signal) => client.follow.conversation(place, { signal }), isOutcome, {
      timeoutMs: 300_000,
      onEvent: ({ type }) => {
        if (type === "reply.delta") pieces += 1;
      },
    });
    await until(() => pieces > 0, "the reply to begin");
    fake.scriptEmbeddings([stallsAtOnce()]);
    const source = await client.api.knowledge.sources.create.mutate({ kind: "text", name: "Cards" });
    const { id: documentId } = await client.api.knowledge.documents.addText.mutate({
      sourceId: source.id,
      name: "Cards",
      text: "Gift cards are valid for three years.",
    });
    await until(() => fake.requests.some(({ endpoint, outcome }) => endpoint === "embeddings" && outcome === "open"), "the job to run");

    const askedAt = performance.now();
    const ends = programs.map(async (program) => {
      const ended = await program.end("SIGTERM");
      return { ...ended, inTime: performance.now() - askedAt < stopMsMax };
    });
    expect(await Promise.all(ends), programs.map((program) => program.output()).join("\n")).toEqual(
      programs.map(() => ({ code: 0, signal: null, inTime: true })),
    );

    fake.reset();
    fake.when(() => true, answers(returns.answer));
    await startAll();
    const read = await reading;
    expect([...textsOf(read).values()].at(-1)).toBe(returns.answer);
    expect(transcriptOf(await messagesOf(client, place.conversationId))).toEqual([`contact: ${returns.question}`, `ai: ${returns.answer}`]);
    expect(await client.waitForDocument(documentId)).toMatchObject({ status: "ready" });
    await client.close();
  },
  testMs,
);
