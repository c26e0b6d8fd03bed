import { AiError } from "@axon/ai/provider";
import { newId } from "@axon/db/ids";
import { conversation, message as messageTable, turn } from "@axon/db/schema/conversations";
import { event } from "@axon/db/schema/engine";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { claimTurn } from "./claim-turn.ts";
import { type Speaker, sendMessage, startConversation } from "./index.ts";
import {
  knowledgeAbout,
  messagesOf,
  quickAgent,
  recordDeltas,
  reply,
  type Script,
  says,
  scriptedProvider,
  startAs,
  turnsOf,
} from "./stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;
const member: Speaker = { as: "member", accountId: null, name: "Mia" };

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
  await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
  agentId = (await quickAgent(scene, workspaceId)).id;
});

const question = "Within how many days can I return a kettle?";
const answerScript = says("You can return a kettle ", "within 45 days of delivery. [1]");

function workers(script: Script, confidence?: number) {
  const provider = scriptedProvider(script, confidence);
  const { openDeltas, texts } = recordDeltas();
  return { provider, texts, deps: { inWorkspace: scene.inWorkspace, provider, openDeltas } };
}

const send = (conversationId: string, text: string, speaker: Speaker = { as: "contact" }, clientMessageId?: string) =>
  scene.inWorkspace(workspaceId, (ws) => sendMessage(ws, { conversationId, text, as: speaker.as, clientMessageId }, speaker));

async function openTurn(conversationId: string) {
  const open = (await turnsOf(scene, workspaceId, conversationId)).filter((one) => ["received", "claimed", "thinking"].includes(one.state));
  expect(open).toHaveLength(1);
  return open[0]?.id ?? "";
}

const eventsOf = (conversationId: string) =>
  scene.inWorkspace(workspaceId, (ws) =>
    ws.tx
      .select({ type: event.type, seq: event.seq, body: event.body })
      .from(event)
      .where(eq(event.conversationId, conversationId))
      .orderBy(asc(event.seq)),
  );

const aiReplies = async (conversationId: string) =>
  (await messagesOf(scene, workspaceId, conversationId)).filter((one) => one.author.kind === "ai");

describe("a turn", () => {
  it("ends with one cited answer, and numbers its events without a gap", async () => {
    const { deps, texts } = workers(answerScript);
    const { conversation: started } = await startAs(scene, workspaceId, agentId, question);
    await reply(deps, workspaceId, await openTurn(started.id));
    const [answer, ...more] = await aiReplies(started.id);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({
      text: "You can return a kettle within 45 days of delivery. [1]",
      confidence: 0.95,
      citations: [{ index: 1, title: "Returns" }],
    });
    expect([...texts.values()].join("")).toBe(answer?.text);
    const events = await eventsOf(started.id);
    expect(events.map((one) => one.seq)).toEqual(events.map((_, position) => position + 1));
    expect(events.map((one) => one.type)).toEqual([
      "conversation.created",
      "message.created",
      "reply.started",
      "message.created",
      "reply.completed",
    ]);
    expect(await turnsOf(scene, workspaceId, started.id)).toMatchObject([{ state: "settled" }]);
  });

  it("is answered once when its job is delivered five times, two at a time", async () => {
    const { deps, provider } = workers(answerScript);
    const { conversation: started } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(started.id);
    await Promise.all([reply(deps, workspaceId, turnId), reply(deps, workspaceId, turnId)]);
    for (let again = 0; again < 3; again++) await reply(deps, workspaceId, turnId);
    expect(await aiReplies(started.id)).toHaveLength(1);
    expect(provider.asked).toHaveLength(1);
  });

  it("takes a burst in as one question", async () => {
    const slow = await quickAgent(scene, workspaceId, { replyDelayMs: 30_000 });
    const { deps, provider } = workers(answerScript);
    const { conversation: started } = await startAs(scene, workspaceId, slow.id, "Hello, one thing:");
    await send(started.id, "about kettles.");
    await send(started.id, question);
    const turnId = await openTurn(started.id);
    await reply(deps, workspaceId, turnId); // Too early: somebody may still be typing.
    expect(await aiReplies(started.id)).toEqual([]);
    await scene.inWorkspace(workspaceId, (ws) => ws.tx.update(turn).set({ dueAt: sql`now()` }).where(eq(turn.id, turnId))); // The quiet has lasted long enough.
    await reply(deps, workspaceId, turnId);
    expect(await aiReplies(started.id)).toHaveLength(1);
    expect(provider.asked.map((request) => request.question)).toEqual([`Hello, one thing:\nabout kettles.\n${question}`]);
    expect(await turnsOf(scene, workspaceId, started.id)).toHaveLength(1);
  });

  it("gives way to a newer message, and the next one answers both", async () => {
    let conversationId = "";
    let interrupted = false;
    const { deps, provider } = workers(async function* (request, signal) {
      if (!interrupted) {
        interrupted = true;
        await send(conversationId, "And does it cost anything?");
      }
      yield* answerScript(request, signal);
    });
    conversationId = (await startAs(scene, workspaceId, agentId, question)).conversation.id;
    await reply(deps, workspaceId, await openTurn(conversationId));
    expect(await aiReplies(conversationId)).toEqual([]);
    await reply(deps, workspaceId, await openTurn(conversationId));
    expect(await aiReplies(conversationId)).toHaveLength(1);
    expect(provider.asked.at(-1)?.question).toBe(`${question}\nAnd does it cost anything?`);
    const types = (await eventsOf(conversationId)).map((one) => one.type);
    expect(types.filter((type) => type === "reply.superseded")).toHaveLength(1);
    expect((await turnsOf(scene, workspaceId, conversationId)).map((one) => one.state)).toEqual(["superseded", "settled"]);
  });

  it("never speaks after a person has stepped in, at whatever moment they do", async () => {
    const moments: ((step: () => Promise<unknown>) => Script)[] = [
      (step) =>
        async function* (request, signal) {
          await step();
          yield* answerScript(request, signal);
        },
      (step) =>
        async function* (request, signal) {
          yield* answerScript(request, signal);
          await step();
        },
    ];
    for (const moment of moments) {
      let conversationId = "";
      const { deps } = workers(moment(() => send(conversationId, "I'll take this one.", member)));
      conversationId = (await startAs(scene, workspaceId, agentId, question)).conversation.id;
      await reply(deps, workspaceId, await openTurn(conversationId));
      await send(conversationId, "Thank you! One more question.");
      const texts = (await messagesOf(scene, workspaceId, conversationId)).map((one) => one.author.kind);
      expect(texts).toEqual(["contact", "member", "contact"]);
      expect((await turnsOf(scene, workspaceId, conversationId)).map((one) => one.state)).toEqual(["superseded"]);
    }
  });

  it("is taken over from a worker that died, and the dead one's late answer is refused", async () => {
    const { conversation: started } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(started.id);
    let revive = () => {};
    const stalled = workers(async function* (request, signal) {
      await new Promise<void>((go) => {
        revive = go;
      });
      yield* says("I come late. [1]")(request, signal);
    });
    const late = reply(stalled.deps, workspaceId, turnId);
    await expect.poll(() => stalled.provider.asked.length, { timeout: 10_000 }).toBe(1);
    await scene.inWorkspace(workspaceId, (ws) =>
      ws.tx.update(turn).set({ leaseUntil: sql`now() - interval '1 second'` }).where(eq(turn.id, turnId)),
    );
    const { deps } = workers(answerScript);
    await reply(deps, workspaceId, turnId);
    revive();
    await late;
    expect((await aiReplies(started.id)).map((one) => one.text)).toEqual(["You can return a kettle within 45 days of delivery. [1]"]);
    const superseded = (await eventsOf(started.id)).filter((one) => one.type === "reply.superseded");
    expect(superseded).toMatchObject([{ body: { reason: "restarted" } }]);
  });

  it("is invisible to another workspace", async () => {
    const { conversation: started } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(started.id);
    const other = await scene.found("stranger");
    expect(await scene.inWorkspace(other.workspaceId, (ws) => claimTurn(ws, turnId))).toBeNull();
    await expect(messagesOf(scene, other.workspaceId, started.id)).rejects.toMatchObject({ reason: "not_found" });
    await expect(startAs(scene, other.workspaceId, agentId, question)).rejects.toMatchObject({ reason: "not_found" });
    await expect(
      scene.inWorkspace(other.workspaceId, (ws) =>
        sendMessage(ws, { conversationId: started.id, text: "hi", as: "contact" }, { as: "contact" }),
      ),
    ).rejects.toMatchObject({ reason: "not_found" });
  });
});

describe("when there is no answer to give", () => {
  it("says the fallback once, waits for a person and says why", async () => {
    const { deps, texts } = workers(answerScript, 0.2);
    const { conversation: started } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(started.id);
    await reply(deps, workspaceId, turnId);
    await reply(deps, workspaceId, turnId);
    const replies = await aiReplies(started.id);
    expect(replies).toHaveLength(1);
    expect(replies[0]?.text).toMatch(/asked a colleague/);
    expect(replies[0]?.citations).toEqual([]);
    expect([...texts.values()]).toEqual([]); // Not a word of the doubtful answer was shown.
    const handoffs = (await eventsOf(started.id)).filter((one) => one.type === "handoff.requested");
    expect(handoffs).toMatchObject([{ body: { reason: "low_confidence", confidence: 0.2 } }]);
    const [row] = await scene.inWorkspace(workspaceId, (ws) => ws.tx.select().from(conversation).where(eq(conversation.id, started.id)));
    expect(row).toMatchObject({ status: "pending", handler: "ai", handoffReason: "low_confidence" });
    expect(await turnsOf(scene, workspaceId, started.id)).toMatchObject([{ state: "handed_off" }]);
  });

  it.each<[string, Script, string]>([
    [
      "has run out of credit",
      async function* () {
        throw new AiError("quota", "insufficient_quota");
      },
      "ai_error",
    ],
    [
      "breaks off in mid-sentence",
      async function* () {
        yield { type: "action", action: "answer" };
        yield { type: "text", text: "You can" };
        throw new AiError("unavailable", "reset");
      },
      "ai_error",
    ],
    [
      "refuses",
      async function* () {
        yield { type: "refusal", text: "I can't help with that." };
        yield { type: "finish", reason: "stop" };
      },
      "model_refused",
    ],
    [
      "breaks the format",
      async function* () {
        yield { type: "finish", reason: "unparsable" };
      },
      "model_unparsable",
    ],
    [
      "asks for a person itself",
      async function* () {
        yield { type: "action", action: "handoff" };
        yield { type: "finish", reason: "stop" };
      },
      "model_asked",
    ],
  ])("gives the customer one sensible message when the model %s", async (_what, script, reason) => {
    const { deps } = workers(script);
    const { conversation: started } = await startAs(scene, workspaceId, agentId, question);
    await reply(deps, workspaceId, await openTurn(started.id));
    const replies = await aiReplies(started.id);
    expect(replies.map((one) => one.text)).toEqual([expect.stringMatching(/asked a colleague/)]);
    expect((await eventsOf(started.id)).filter((one) => one.type === "handoff.requested")).toMatchObject([{ body: { reason } }]);
  });

  it("tries again after a failure of ours, and hands over on the last try", async () => {
    const broken: Script = async function* () {
      throw new Error("a bug");
    };
    const { deps } = workers(broken);
    const { conversation: started } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(started.id);
    await expect(reply(deps, workspaceId, turnId)).rejects.toThrow();
    expect(await aiReplies(started.id)).toEqual([]);
    await reply(deps, workspaceId, turnId, { lastAttempt: true });
    expect(await aiReplies(started.id)).toHaveLength(1);
    expect(await turnsOf(scene, workspaceId, started.id)).toMatchObject([{ state: "handed_off", attempts: 2 }]);
  });

  it("does not ask for a person when the agent is set not to, until it has failed too often", async () => {
    const alone = await quickAgent(scene, workspaceId, {
      handoff: { enabled: true, onLowConfidence: false, onRequest: true, afterFailedTurns: 2, message: null },
    });
    const { deps } = workers(answerScript, 0.1);
    const { conversation: started } = await startAs(scene, workspaceId, alone.id, question);
    await reply(deps, workspaceId, await openTurn(started.id));
    expect((await eventsOf(started.id)).some((one) => one.type === "handoff.requested")).toBe(false);
    await send(started.id, "Are you sure?");
    await reply(deps, workspaceId, await openTurn(started.id));
    expect((await eventsOf(started.id)).filter((one) => one.type === "handoff.requested")).toHaveLength(1);
  });
});

describe("sending", () => {
  it("fifty copies with one clientMessageId make one message and one turn", async () => {
    const { conversation: started } = await startAs(scene, workspaceId, agentId, "Hello");
    const sent = await Promise.all(Array.from({ length: 50 }, () => send(started.id, question, { as: "contact" }, "m-1")));
    expect(new Set(sent.map((one) => one.message.id)).size).toBe(1);
    expect(await messagesOf(scene, workspaceId, started.id)).toHaveLength(2);
    await openTurn(started.id);
  });

  it("fifty starts with one clientMessageId make one conversation and one contact", async () => {
    const start = () =>
      scene.inWorkspace(workspaceId, (ws) =>
        startConversation(
          ws,
          { agentId, text: question, as: "contact", clientMessageId: "s-1", contact: { externalId: "c-1", name: "Cem" } },
          { as: "contact" },
        ),
      );
    const started = await Promise.all(Array.from({ length: 50 }, start));
    expect(new Set(started.map((one) => one.conversation.id)).size).toBe(1);
    expect(new Set(started.map((one) => one.message.id)).size).toBe(1);
    const [{ count } = { count: 0 }] = await scene.inWorkspace(workspaceId, (ws) =>
      ws.tx.select({ count: sql<number>`count(*)::int` }).from(conversation),
    );
    expect(count).toBe(1);
  });

  it("numbers what comes at once without gaps, in the order in which it was committed", async () => {
    const { conversation: started } = await startAs(scene, workspaceId, agentId, "Hello");
    await Promise.all(Array.from({ length: 20 }, (_, position) => send(started.id, `message ${position}`)));
    const rows = await scene.inWorkspace(workspaceId, (ws) =>
      ws.tx
        .select({ seq: messageTable.seq })
        .from(messageTable)
        .where(eq(messageTable.conversationId, started.id))
        .orderBy(asc(messageTable.seq)),
    );
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 21 }, (_, position) => position + 1));
    const numbers = (await eventsOf(started.id)).map((one) => one.seq);
    expect(numbers).toEqual(numbers.map((_, position) => position + 1));
  });

  it("leaves nothing behind when it is refused", async () => {
    const before = scene.hints.length;
    await expect(send(newId(), "hello?")).rejects.toMatchObject({ reason: "not_found" });
    expect(scene.hints.length).toBe(before);
    const [{ count } = { count: 0 }] = await scene.inWorkspace(workspaceId, (ws) =>
      ws.tx.select({ count: sql<number>`count(*)::int` }).from(event),
    );
    expect(count).toBe(0);
  });
});
