import { updateAgentInput } from "@axon/contracts/agents";
import { updateChannelInput } from "@axon/contracts/channels";
import { connect, type Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { channel, turn } from "@axon/db/schema/conversations";
import { event } from "@axon/db/schema/engine";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateAgent } from "../agents/index.ts";
import { updateChannel } from "../channels/index.ts";
import { createInWorkspace, type InWorkspace, type WorkspaceCtx } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { getConversation, sendMessage } from "./index.ts";
import { knowledgeAbout, messagesOf, quickAgent, reply, type Script, says, scriptedProvider, startAs, turnsOf } from "./stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
/** As another process has them: a pool of its own, and nothing else in common. */
let elsewhere: { database: Database; inWorkspace: InWorkspace };

beforeAll(async () => {
  scene = await openScene();
  workspaceId = (await scene.found("owner")).workspaceId;
  await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
  const database = connect(scene.testDatabase, { poolMax: 2 });
  elsewhere = { database, inWorkspace: createInWorkspace(database, () => {}) };
});
afterAll(async () => {
  await elsewhere.database.close();
  await scene.close();
});

const question = "Within how many days can I return a kettle?";
const sentence = "You can return a kettle within 45 days of delivery. [1] ";
const within = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => elsewhere.inWorkspace(workspaceId, verb);
const setStatus = (agentId: string, status: string) =>
  within((ws) => updateAgent(ws, updateAgentInput.parse({ agentId, status }), { confidenceThreshold: 0.5 }));
const send = (conversationId: string, text: string) =>
  scene.inWorkspace(workspaceId, (ws) => sendMessage(ws, { conversationId, text, as: "contact" }, { as: "contact" }));
const said = async (conversationId: string) =>
  (await messagesOf(scene, workspaceId, conversationId)).map(({ author, text }) => ({ by: author.kind, text }));
const kinds = async (conversationId: string) => (await said(conversationId)).map(({ by }) => by);
const openTurn = async (conversationId: string) =>
  (await turnsOf(scene, workspaceId, conversationId)).find(({ state }) => ["received", "claimed", "thinking"].includes(state))?.id ?? "";
const eventsOf = (conversationId: string) =>
  scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.select({ type: event.type, body: event.body }).from(event).where(eq(event.conversationId, conversationId)).orderBy(asc(event.seq)),
  );
const pauseEverywhere = (aiPaused: boolean) =>
  within(async (ws) => {
    const [api] = await ws.tx.select({ id: channel.id }).from(channel).where(eq(channel.kind, "api"));
    await updateChannel(ws, updateChannelInput.parse({ channelId: api?.id, aiPaused }));
  });

/** A worker with this model; keeps what it showed, and when. */
function worker(script: Script) {
  const shown: { text: string; atMs: number }[] = [];
  const provider = scriptedProvider(script);
  const openDeltas = () => {
    let stopped = false;
    return {
      write: (text: string) => void (stopped || shown.push({ text, atMs: performance.now() })),
      flush: async () => {},
      stop: () => {
        stopped = true;
      },
    };
  };
  return { shown, provider, deps: { inWorkspace: scene.inWorkspace, provider, openDeltas } };
}

/** Goes on for longer than anybody waits, until it is aborted. */
const endless: Script = async function* (_request, signal) {
  yield { type: "action", action: "answer" };
  for (let piece = 0; piece < 2000; piece += 1) {
    signal?.throwIfAborted();
    yield { type: "text", text: sentence };
    await new Promise((go) => setTimeout(go, 15));
  }
  yield { type: "finish", reason: "stop" };
};

describe("switching an agent off", () => {
  it.each([
    ["itself", async (agentId: string) => void (await setStatus(agentId, "paused"))],
    ["by its channel", async () => pauseEverywhere(true)],
  ])("%s ends a reply in the making within two seconds, and people are asked", async (_how, pause) => {
    const { id: agentId } = await quickAgent(scene, workspaceId, { status: "live" });
    const { shown, deps } = worker(endless);
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const running = reply(deps, workspaceId, await openTurn(conversation.id));
    await expect.poll(() => shown.length, { timeout: 20_000 }).toBeGreaterThan(2);
    await pause(agentId);
    const pausedMs = performance.now();
    await running;
    expect(performance.now() - pausedMs).toBeLessThan(10_000); // On a loaded machine; the bound is the next line's.
    expect((shown.at(-1)?.atMs ?? 0) - pausedMs).toBeLessThan(2_000);
    expect(await kinds(conversation.id)).toEqual(["contact", "system"]);
    const events = await eventsOf(conversation.id);
    expect(events.map(({ type }) => type).slice(2)).toEqual([
      "reply.started",
      "reply.failed",
      "message.created",
      "conversation.updated",
      "handoff.requested",
    ]);
    expect(events.filter(({ type }) => /failed|handoff/.test(type)).map(({ body }) => body)).toMatchObject([
      { reason: "agent_paused" },
      { reason: "agent_paused", confidence: null },
    ]);
    expect(await scene.inWorkspace(workspaceId, (ws) => getConversation(ws, conversation.id))).toMatchObject({
      status: "pending",
      handler: "ai",
      handoff: { reason: "agent_paused" },
    });
    expect(await turnsOf(scene, workspaceId, conversation.id)).toMatchObject([{ state: "handed_off" }]);
    await pauseEverywhere(false);
  });

  it("does not wait for a model that does not listen", async () => {
    const { id: agentId } = await quickAgent(scene, workspaceId);
    let release = () => {};
    const gate = new Promise<void>((go) => {
      release = go;
    });
    const { shown, deps } = worker(async function* (request, signal) {
      await gate;
      yield* says(sentence)(request, signal);
    });
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const running = reply(deps, workspaceId, await openTurn(conversation.id));
    await expect
      .poll(async () => (await eventsOf(conversation.id)).map(({ type }) => type), { timeout: 20_000 })
      .toContain("reply.started");
    await setStatus(agentId, "archived");
    await expect.poll(() => kinds(conversation.id), { timeout: 20_000 }).toEqual(["contact", "system"]);
    release();
    await running;
    expect(shown).toEqual([]);
    expect(await kinds(conversation.id)).toEqual(["contact", "system"]);
  });

  it("before a worker takes the turn ends it without asking the model, whoever the worker is", async () => {
    const { id: agentId } = await quickAgent(scene, workspaceId);
    const { provider, deps } = worker(says(sentence));
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(conversation.id);
    await setStatus(agentId, "paused");
    await Promise.all([reply(deps, workspaceId, turnId), reply(deps, workspaceId, turnId)]);
    await reply(deps, workspaceId, turnId, { lastAttempt: true });
    expect(provider.asked).toEqual([]);
    expect(await said(conversation.id)).toMatchObject([{ by: "contact" }, { by: "system", text: expect.stringContaining("A colleague") }]);
    expect((await eventsOf(conversation.id)).filter(({ type }) => type === "reply.failed")).toEqual([]); // None was begun.
  });

  it("ends what a dead worker left when another picks it up", async () => {
    const { id: agentId } = await quickAgent(scene, workspaceId);
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(conversation.id);
    await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx
        .update(turn)
        .set({ state: "thinking", replyId: newId(), leaseToken: 1, leaseUntil: sql`now() - interval '1 second'` })
        .where(eq(turn.id, turnId)),
    );
    await setStatus(agentId, "paused");
    await reply(worker(says(sentence)).deps, workspaceId, turnId);
    expect(await kinds(conversation.id)).toEqual(["contact", "system"]);
    expect((await eventsOf(conversation.id)).map(({ type }) => type)).toContain("reply.failed");
  });

  it("is told to a customer once, in the agent's words for it, and again only after an answer in between", async () => {
    const { id: agentId } = await quickAgent(scene, workspaceId, {
      status: "paused",
      handoff: { enabled: false, onLowConfidence: false, onRequest: false, afterFailedTurns: 20, message: "A human takes over." },
    });
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    await send(conversation.id, "Hello?");
    await send(conversation.id, "Anybody?");
    expect(await turnsOf(scene, workspaceId, conversation.id)).toEqual([]);
    expect(await said(conversation.id)).toMatchObject([
      { by: "contact" },
      { text: "A human takes over." },
      { by: "contact" },
      { by: "contact" },
    ]);
    expect((await eventsOf(conversation.id)).filter(({ type }) => type === "handoff.requested")).toHaveLength(1);
    await setStatus(agentId, "live");
    await send(conversation.id, question);
    const { deps, provider } = worker(says(sentence));
    await reply(deps, workspaceId, await openTurn(conversation.id));
    expect(provider.asked.at(-1)?.history.map(({ text }) => text)).not.toContain("A human takes over.");
    expect((await kinds(conversation.id)).at(-1)).toBe("ai");
    await setStatus(agentId, "paused");
    await send(conversation.id, "And toasters?");
    await send(conversation.id, "Well?");
    expect((await kinds(conversation.id)).slice(5)).toEqual(["ai", "contact", "system", "contact"]);
    expect((await eventsOf(conversation.id)).filter(({ type }) => type === "handoff.requested")).toHaveLength(2);
  });

  it("never lets a reply in after the switch, in fifty interleavings", async () => {
    let seed = 20_261_122;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const hops = async (count: number) => {
      for (let hop = 0; hop < count; hop += 1) await new Promise((go) => setImmediate(go));
    };
    const { id: agentId } = await quickAgent(scene, workspaceId);
    const outcomes = { answered: 0, handed: 0 };
    for (let round = 0; round < 50; round += 1) {
      const { conversation } = await startAs(scene, workspaceId, agentId, question);
      let pausing: Promise<void> | null = null;
      const pause = () => {
        pausing ??= (async () => {
          await hops(random(12));
          await (round % 2 === 0 ? setStatus(agentId, "paused") : pauseEverywhere(true));
          return (await kinds(conversation.id)).filter((by) => by === "ai").length;
        })().then((count) => {
          visible = count;
        });
      };
      let visible = -1;
      const moment = random(3);
      const { deps } = worker(async function* (request, signal) {
        if (moment === 1) pause();
        await hops(random(4));
        yield* says(sentence)(request, signal);
        if (moment === 2) pause();
        await hops(random(4));
      });
      if (moment === 0) pause();
      await reply(deps, workspaceId, await openTurn(conversation.id));
      pause();
      await pausing;
      const ended = await kinds(conversation.id);
      const replies = ended.filter((by) => by === "ai").length;
      expect(replies).toBe(visible); // None more than there were when the switch was known to be off.
      expect(ended).toHaveLength(2);
      const [only] = await turnsOf(scene, workspaceId, conversation.id);
      expect(only?.state).toBe(replies === 1 ? "settled" : "handed_off");
      outcomes[replies === 1 ? "answered" : "handed"] += 1;
      await (round % 2 === 0 ? setStatus(agentId, "live") : pauseEverywhere(false));
    }
    expect(outcomes.answered).toBeGreaterThan(0);
    expect(outcomes.handed).toBeGreaterThan(0);
  });
});

describe("a worker that stood still between its last look and the answer to it", () => {
  it("shows nothing of a reply whose turn another has answered meanwhile", async () => {
    const { id: agentId } = await quickAgent(scene, workspaceId);
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const turnId = await openTurn(conversation.id);
    const other = worker(says(sentence));
    let nowMs = 0;
    let looks = 0;
    const slow = worker(async function* (request, signal) {
      nowMs += 5_000; // So long ago was its last look that it keeps the words back.
      yield* says(sentence)(request, signal);
    });
    const inWorkspace: InWorkspace = async (id, verb, caller) => {
      const result = await scene.inWorkspace(id, verb, caller);
      if (result === "ours" && ++looks === 1) {
        nowMs += 20_000;
        await scene.inWorkspace(workspaceId, ({ tx }) =>
          tx.update(turn).set({ leaseUntil: sql`now() - interval '1 second'` }).where(eq(turn.id, turnId)),
        );
        await reply(other.deps, workspaceId, turnId);
      }
      return result;
    };
    await reply({ ...slow.deps, inWorkspace, clock: { nowMs: () => nowMs, every: () => () => {} } }, workspaceId, turnId);
    expect(looks).toBe(1);
    expect(other.shown).not.toEqual([]);
    expect(slow.shown).toEqual([]);
    expect(await kinds(conversation.id)).toEqual(["contact", "ai"]);
  });
});
