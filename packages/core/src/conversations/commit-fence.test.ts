import type { AnswerResult } from "@axon/ai/answer";
import { updateAgentInput } from "@axon/contracts/agents";
import { conversation, turn } from "@axon/db/schema/conversations";
import { and, eq, inArray, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { beginReply, type ClaimedTurn, claimTurn } from "./claim-turn.ts";
import { returnToAi, sendMessage, setStatus, startConversation, takeOver } from "./index.ts";
import { inversions, type Life, openLife, question } from "./life.fixture.ts";
import { settleTurn } from "./settle-turn.ts";
import { quickAgent } from "./stage.fixture.ts";
import { openStates } from "./turns.ts";

let scene: Scene;
let life: Life;
beforeAll(async () => {
  scene = await openScene();
  life = await openLife(scene);
  await life.start(); // So that there is an api channel to set rules on.
  await life.rule({ loopGuard: null });
});
afterAll(() => scene.close());

/** Interleavings: conversations side by side, and in each so many one after the other. The fault campaign (`pnpm chaos`) has the many. */
const lanes = 4;
const rounds = 20;
/** Every so many rounds each step is a commit of its own; in the others they share one, which is quicker and orders them alike. */
const apartEvery = 10;

/** The same numbers for the same seed (mulberry32). */
function dice(seed: number) {
  let state = seed;
  const roll = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { roll, below: (max: number) => Math.floor(roll() * max) };
}

/** One of the ways to lay sequences into each other that keep each in its own order. */
function merge<Item>(sequences: readonly (readonly Item[])[], below: (max: number) => number): Item[] {
  const left = sequences.map((sequence) => [...sequence]).filter((sequence) => sequence.length > 0);
  const merged: Item[] = [];
  while (left.length > 0) {
    const at = below(left.length);
    const taken = left[at]?.shift();
    if (taken !== undefined) merged.push(taken);
    if (left[at]?.length === 0) left.splice(at, 1);
  }
  return merged;
}

const answerOf = ({ agent }: ClaimedTurn): AnswerResult => ({
  action: "answer",
  text: "45 days.",
  citations: [],
  confidence: 0.9,
  reason: null,
  trace: {
    provider: "scripted",
    model: "scripted",
    agentVersion: agent.version,
    promptHash: null,
    hits: [],
    tokens: { prompt: 0, completion: 0, estimated: false },
    stagesMs: {},
    confidence: { value: 0.9, model: "scripted", inputs: {} },
    citationsRemoved: 0,
    handoffReason: null,
    error: null,
  },
});

type Verb = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => Promise<Result>;
type Step = (run: Verb) => Promise<void>;

/** One conversation with an agent of its own, a person who steps in at the worst moment, and workers that know of nothing. */
async function openLane(seed: number) {
  const { roll, below } = dice(seed);
  const agentId = (await quickAgent(scene, life.workspaceId)).id;
  const begun = await life.within((ws) => startConversation(ws, { agentId, text: question, as: "contact" }, { as: "contact" }));
  const id = begun.conversation.id;
  /** What happened in this round, to be read when something is wrong. */
  let trace: string[] = [];
  const wrong: string[] = [];
  let spoken = 0;
  /** Raised by whatever makes a reply in the making obsolete. */
  let obsolete = 0;
  let paused = false;
  /** Where people had it, or it was over: no reply of the agent's may stand there. */
  const silences: { from: number; to: number }[] = [];

  const messages = async (ws: WorkspaceCtx) => {
    const [row] = await ws.tx.select({ seq: conversation.messageSeq }).from(conversation).where(eq(conversation.id, id));
    return row?.seq ?? 0;
  };
  const hush = async (ws: WorkspaceCtx) => void silences.push({ from: await messages(ws), to: Number.POSITIVE_INFINITY });
  const write = (ws: WorkspaceCtx) => sendMessage(ws, { conversationId: id, text: question, as: "contact" }, { as: "contact" });
  const turnNow = async (ws: WorkspaceCtx) => {
    const open = and(eq(turn.conversationId, id), inArray(turn.state, openStates));
    // Within one commit the time stands still, and its thousandths are rounded.
    const [row] = await ws.tx.update(turn).set({ dueAt: sql`now() - interval '1 second'` }).where(open).returning({ id: turn.id });
    return row?.id ?? null;
  };
  const switchTo = (ws: WorkspaceCtx, status: string) =>
    updateAgent(ws, updateAgentInput.parse({ agentId, status }), { confidenceThreshold: 0.5 });

  const meddling: [string, (ws: WorkspaceCtx) => Promise<unknown>][] = [
    ["a newer message", write],
    ["a person takes over", async (ws) => [await takeOver(ws, id, life.asMia), await hush(ws)]],
    ["resolved", async (ws) => [await setStatus(ws, { conversationId: id, status: "resolved" }), await hush(ws)]],
    [
      "the agent is switched off",
      async (ws) => {
        paused = true;
        return [await switchTo(ws, "paused"), await hush(ws)];
      },
    ],
  ];
  const meddle = (): Step => {
    const [name, act] = meddling[below(meddling.length)] ?? ["nothing", async () => {}];
    return async (run) => {
      await run(act);
      obsolete += 1;
      trace.push(name);
    };
  };

  function worker(name: string, turnId: () => string): Step[] {
    let held: { claimed: ClaimedTurn; since: number; begun: boolean } | null = null;
    return [
      async (run) => {
        const claimed = await run((ws) => claimTurn(ws, turnId()));
        if (claimed !== null) obsolete += 1; // For whoever held it before.
        held = claimed === null ? null : { claimed, since: obsolete, begun: false };
        trace.push(`${name} claims: ${claimed !== null}`);
      },
      async (run) => {
        if (held === null) return;
        const { claimed } = held;
        held = { ...held, begun: await run((ws) => beginReply(ws, claimed)) };
        trace.push(`${name} begins: ${held.begun}`);
      },
      async (run) => {
        if (held === null) return;
        const { claimed, since, begun: hasBegun } = held;
        const said = await run((ws) => settleTurn(ws, claimed, answerOf(claimed)));
        trace.push(`${name} settles: ${said}`);
        spoken += said ? 1 : 0;
        if (said !== (hasBegun && since === obsolete)) wrong.push(trace.join(" · "));
      },
    ];
  }
  /** Its worker is not heard of any more: the next may have it. */
  const lapse: Step = async (run) => {
    await run(({ tx }) =>
      tx
        .update(turn)
        .set({ leaseUntil: sql`now() - interval '1 second'` })
        .where(and(eq(turn.conversationId, id), inArray(turn.state, openStates))),
    );
    trace.push("the lease runs out");
  };

  /** Back to where the customer is answered: whatever is still unanswered is, by one more worker that nobody disturbs. */
  async function settleDown(run: Verb): Promise<void> {
    await run(async (ws) => {
      if (paused) await switchTo(ws, "live");
      paused = false;
      const now = await messages(ws);
      for (const silence of silences) silence.to = Math.min(silence.to, now);
      const [row] = await ws.tx.select({ status: conversation.status }).from(conversation).where(eq(conversation.id, id));
      if (row?.status === "resolved") await setStatus(ws, { conversationId: id, status: "open" });
      await returnToAi(ws, id);
    });
    const left = await run(turnNow);
    if (left === null) return;
    await lapse(run);
    const before = spoken;
    for (const step of worker("the last", () => left)) await step(run);
    if (spoken !== before + 1) wrong.push(`left open: ${trace.join(" · ")}`);
  }

  async function round(run: Verb): Promise<void> {
    trace = [];
    await run(write);
    const turnId = (await run(turnNow)) ?? "";
    const again = roll() < 0.4 ? [lapse, ...worker("B", () => turnId)] : [];
    const meddlers = Array.from({ length: below(3) }, () => [meddle()]);
    for (const step of merge([worker("A", () => turnId), again, ...meddlers], below)) await step(run);
    await settleDown(run);
  }

  for (let step = 0; step < rounds; step += 1) {
    if (step % apartEvery === 0) await round(life.within);
    else await life.within((ws) => round((verb) => verb(ws)));
  }
  return { wrong, spoken, silences, talk: await life.talk(id) };
}

describe("whatever falls into a reply, in any order", () => {
  it("lets none out that is obsolete, keeps none back that is not, and leaves every turn with one", { timeout: 120_000 }, async () => {
    const all = await Promise.all(Array.from({ length: lanes }, (_, lane) => openLane(1 + lane)));
    for (const { wrong, spoken, silences, talk } of all) {
      expect(wrong).toEqual([]);
      const replies = talk.filter(({ by }) => by === "ai");
      expect(replies).toHaveLength(spoken);
      expect(new Set(replies.map(({ turnId }) => turnId)).size).toBe(spoken);
      expect(replies.filter(({ seq }) => silences.some(({ from, to }) => seq > from && seq <= to))).toEqual([]);
      expect(inversions(talk)).toEqual([]);
      expect(talk.map(({ seq }) => seq)).toEqual(talk.map((_, index) => index + 1));
      // It can fail: of all these, many were meddled with, and many were not.
      expect(silences.length).toBeGreaterThan(rounds / 5);
      expect(spoken).toBeGreaterThan(rounds / 2);
    }
  });
});
