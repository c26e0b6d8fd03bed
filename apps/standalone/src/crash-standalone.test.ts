import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AxonClient, createAxonClient } from "@axon/client/client";
import type { Document } from "@axon/contracts/knowledge";
import { openPool } from "@axon/db/connect";
import { openEmbedded } from "@axon/db/embedded/open";
import { answers, stallsAtOnce } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { endPrograms, freePort, type Program, startProgram, until, untilReady } from "./processes.fixture.ts";
import { isOutcome, messagesOf, readUntil, returns, teach, textsOf, transcriptOf } from "./reading.fixture.ts";

// Axon in one process brings its own database and queue. On a run with real services nothing here would be different, and each
// start costs ten seconds of a processor, so that run leaves it to the other one.
const isEmbedded = inject("testDatabase").kind !== "server";

const login = { email: "owner@example.com", password: "correct horse battery" };
const testMs = 400_000;

// One home through all of it, as on somebody's laptop: each test finds what the ones before have left.
let folder: string;
let fake: FakeOpenAi;
let port: number;
let url: string;
let axon: Program;
let client: AxonClient;
let agentId: string;
/** Everything that was said, by conversation: what must still be there at the end. */
const said = new Map<string, string[]>();

function launch(args: string[] = []): Program {
  const env = {
    AXON_HOME: join(folder, "home"),
    PORT: String(port),
    LOG_LEVEL: "warn",
    OPENAI_API_KEY: fake.apiKey,
    OPENAI_BASE_URL: fake.baseUrl,
  };
  return startProgram({ app: "standalone", built: inject("built"), env, args: ["--no-seed", ...args], cwd: join(folder, "empty") });
}

async function startAxon(args: string[] = []): Promise<Program> {
  const program = launch(args);
  await untilReady(program, url);
  return program;
}

async function start() {
  const { conversation } = await client.api.conversations.start.mutate({ agentId, text: returns.question });
  return { conversationId: conversation.id, lastEventId: conversation.lastEventId };
}

const slowly = () => answers(returns.longAnswer, { pieceChars: 12, delayMs: 150 });
const ask = (client: AxonClient, conversationId: string) =>
  client.api.conversations.send.mutate({ conversationId, text: "And worn shoes?", clientMessageId: "shoes" });

/** The transcript once there is an answer; kept for the roll-call at the end. */
async function expectAnswered(conversationId: string, expected: string[]): Promise<void> {
  await until(async () => (await messagesOf(client, conversationId)).length >= expected.length, "the reply");
  const transcript = transcriptOf(await messagesOf(client, conversationId));
  expect(transcript).toEqual(expected);
  said.set(conversationId, transcript);
}

describe.runIf(isEmbedded)("Axon in one process", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "axon-crash-"));
    mkdirSync(join(folder, "empty"));
    fake = await createFakeOpenAi();
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    axon = await startAxon();
    const visitor = createAxonClient({ url });
    const session = await visitor.api.auth.signUp.mutate({ ...login, name: "Owner" });
    await visitor.close();
    client = createAxonClient({ url, token: session.accessToken, workspaceId: session.memberships[0]?.workspace.id });
    agentId = (await client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0, confidenceThreshold: 0 })).id;
    await teach(client, "Returns", returns.document);
  }, testMs);
  afterAll(async () => {
    await client?.close();
    await endPrograms();
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("one process, killed in the middle of all it does, and started again", () => {
    const section = (number: number) =>
      `# Section ${number}\n\nThe drawer with number ${number} holds ${number * 7} brass screws for hinges.\n`;
    let half: Document;
    let documentId: string;
    let slow: { conversationId: string; read: ReturnType<typeof readUntil> };
    let justAsked: string;

    beforeAll(async () => {
      fake.reset();
      fake.when(() => true, answers(returns.answer));
      const calm = await start();
      justAsked = calm.conversationId;
      await expectAnswered(justAsked, [`contact: ${returns.question}`, `ai: ${returns.answer}`]);

      const sections = Array.from({ length: 60 }, (_, index) => section(index + 1));
      const { id: sourceId } = await client.api.knowledge.sources.create.mutate({ kind: "text", name: "Drawers" });
      const add = (some: string[]) =>
        client.api.knowledge.documents.addText.mutate({ sourceId, name: "Drawers", text: some.join("\n"), mime: "text/markdown" });
      half = await client.waitForDocument((await add(sections.slice(0, 30))).id);
      // Its first half is known already; the vectors of its second half are what it is killed over.
      fake.scriptEmbeddings([stallsAtOnce()]);
      documentId = (await add(sections)).id;
      await until(
        () => fake.requests.some(({ endpoint, outcome }) => endpoint === "embeddings" && outcome === "open"),
        "the vectors to be asked for",
      );

      fake.script([slowly()]);
      const place = await start();
      let pieces = 0;
      const read = readUntil((signal) => client.follow.conversation(place, { signal }), isOutcome, {
        timeoutMs: testMs,
        onEvent: ({ type }) => {
          if (type === "reply.delta") pieces += 1;
        },
      });
      read.catch(() => {}); // Looked at in its test.
      slow = { conversationId: place.conversationId, read };
      await until(() => pieces >= 3, "three pieces of the reply");

      const standing = await client.api.knowledge.documents.get.query({ documentId });
      expect(standing).toMatchObject({ status: "embedding", progress: { done: half.chunkCount } });
      await ask(client, justAsked);
      await axon.end("SIGKILL");
      axon = await startAxon();
    }, testMs);

    it(
      "ends with the whole document ready that it was ingesting",
      async () => {
        const document = await client.waitForDocument(documentId);
        expect(document).toMatchObject({ status: "ready", error: null, chunkCount: half.chunkCount * 2 });
        const { items } = await client.api.knowledge.documents.chunks.query({ documentId, limit: 100 });
        expect(items.map(({ ordinal }) => ordinal)).toEqual(items.map((_, index) => index));
        for (const number of [1, 31, 60]) expect(items.filter(({ text }) => text.includes(`number ${number} holds`))).toHaveLength(1);
        const found = await client.api.knowledge.search.query({ query: "what does the drawer with number 58 hold?" });
        expect(found.items.map(({ text }) => text).join()).toContain("number 58 holds 406 brass screws");
      },
      testMs,
    );

    it(
      "tells the reader of the reply that was being made to begin anew, and gives exactly one",
      async () => {
        const read = await slow.read;
        const outcome = read.flatMap(({ event }) => (event.type === "reply.completed" ? [event] : []));
        expect(outcome).toHaveLength(1);
        expect(textsOf(read).get(outcome[0]?.replyId ?? "")).toBe(returns.answer);
        expect(read.map(({ event }) => event.type).filter((type) => type.startsWith("reply.") && type !== "reply.delta")).toEqual([
          "reply.started",
          "reply.superseded",
          "reply.started",
          "reply.completed",
        ]);
        await expectAnswered(slow.conversationId, [`contact: ${returns.question}`, `ai: ${returns.answer}`]);
      },
      testMs,
    );

    it(
      "has the message that it had taken the moment before, and answers it once",
      async () => {
        // A caller who cannot know whether it arrived sends it again.
        await ask(client, justAsked);
        await expectAnswered(justAsked, [
          `contact: ${returns.question}`,
          `ai: ${returns.answer}`,
          "contact: And worn shoes?",
          `ai: ${returns.answer}`,
        ]);
      },
      testMs,
    );
  });

  describe("one process, told to stop with Ctrl-C", () => {
    it(
      "in mid-reply ends with 0, and the next start gives the reply that was cut off",
      async () => {
        fake.reset();
        fake.script([answers(returns.longAnswer, { pieceChars: 4, delayMs: 150 })]);
        fake.when(() => true, answers(returns.answer));
        const place = await start();
        await readUntil(
          (signal) => client.follow.conversation(place, { signal }),
          ({ type }) => type === "reply.delta",
        );
        expect(await axon.end("SIGINT")).toEqual({ code: 0, signal: null });
        expect(axon.output()).toContain("Stopping…");

        axon = await startAxon();
        await expectAnswered(place.conversationId, [`contact: ${returns.question}`, `ai: ${returns.answer}`]);
      },
      testMs,
    );

    it(
      "keeps the login and everything that was said, and leaves no turn open",
      async () => {
        const again = createAxonClient({ url, credentials: login });
        for (const [conversationId, transcript] of said) expect(transcriptOf(await messagesOf(again, conversationId))).toEqual(transcript);
        expect(said.size).toBe(3);
        await again.close();
        expect(await axon.end("SIGINT")).toEqual({ code: 0, signal: null });

        const database = await openEmbedded({ dataDir: join(folder, "home", "db") });
        const pool = openPool(database, null, 1);
        const turns = await pool<{ state: string; turns: number }[]>`select state, count(*)::int as turns from turn group by state`;
        const doubled = await pool`select turn_id from message where turn_id is not null group by turn_id having count(*) > 1`;
        await pool.end({ timeout: 5 });
        await database.close();
        expect([...turns]).toEqual([{ state: "settled", turns: 4 }]);
        expect(doubled).toHaveLength(0);
      },
      testMs,
    );
  });

  describe("starting", () => {
    it(
      "on a port that is taken ends with 1, names the port and says how to choose another",
      async () => {
        const squatter = createServer().listen(port, "127.0.0.1");
        try {
          const program = launch();
          expect(await program.ended).toEqual({ code: 1, signal: null });
          expect(program.output()).toContain(`Port ${port} is taken`);
          expect(program.output()).toMatch(/npm start -- --port \d+/);
        } finally {
          await new Promise((resolve) => squatter.close(resolve));
        }
      },
      testMs,
    );

    it(
      "with --fresh begins anew: nobody is known and the old keys open nothing",
      async () => {
        axon = await startAxon(["--fresh"]);
        const visitor = createAxonClient({ url });
        await expect(visitor.api.auth.signIn.mutate(login)).rejects.toMatchObject({ data: { reason: "invalid_credentials" } });
        await expect(client.api.agents.list.query({})).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
        const { memberships } = await visitor.api.auth.signUp.mutate({ ...login, name: "Owner" });
        expect(memberships).toHaveLength(1);
        await visitor.close();
        expect(await axon.end("SIGINT")).toEqual({ code: 0, signal: null });
      },
      testMs,
    );
  });
});
