import { updateAgentInput } from "@axon/contracts/agents";
import { setStatusInput, snoozeInput } from "@axon/contracts/conversations";
import { findDueSnoozes } from "@axon/db/sweep-conversations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateAgent } from "../agents/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { returnToAi, setStatus, snoozeConversation, takeOver, wakeConversation } from "./index.ts";
import { type Life, openLife, question } from "./life.fixture.ts";
import { messagesOf, turnsOf } from "./stage.fixture.ts";

let scene: Scene;
let life: Life;
beforeAll(async () => {
  scene = await openScene();
  life = await openLife(scene);
});
afterAll(() => scene.close());

const set = (conversationId: string, status: string, more: object = {}) =>
  life.within((ws) => setStatus(ws, setStatusInput.parse({ conversationId, status, ...more })));
const snooze = (conversationId: string, when: object) =>
  life.within((ws) => snoozeConversation(ws, snoozeInput.parse({ conversationId, ...when })));
const wake = (conversationId: string) => life.within((ws) => wakeConversation(ws, conversationId));
const take = (conversationId: string) => life.within((ws) => takeOver(ws, conversationId, life.asMia));
const giveBack = (conversationId: string) => life.within((ws) => returnToAi(ws, conversationId));
const begun = async () => (await life.start()).conversation.id;
const updates = async (conversationId: string) => (await life.events(conversationId)).filter(({ type }) => type === "conversation.updated");
const kinds = async (conversationId: string) =>
  (await messagesOf(scene, life.workspaceId, conversationId)).map(({ author }) => author.kind);
const switchAgent = (status: string) =>
  life.within((ws) => updateAgent(ws, updateAgentInput.parse({ agentId: life.agentId, status }), { confidenceThreshold: 0.5 }));
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

describe("a change of status", () => {
  it("tells who, why, what it was and what it is, and the same again tells nothing", async () => {
    const id = await begun();
    const changed = await set(id, "pending", { reason: "needs the warehouse" });
    expect(changed).toMatchObject({ status: "pending" });
    await set(id, "pending");
    const actor = { actor: "member", actorId: life.accountId };
    expect(await updates(id)).toEqual([
      expect.objectContaining({
        ...actor,
        status: "pending",
        reason: "needs the warehouse",
        changes: { status: { before: "open", after: "pending" } },
      }),
    ]);
    expect(changed.lastEventId).toBe(String((await life.row(id)).eventSeq));
  });

  it("that is not legal is refused, and nothing is told", async () => {
    const id = await begun();
    await set(id, "resolved");
    const before = await life.row(id);
    await expect(set(id, "pending")).rejects.toMatchObject({ reason: "invalid_state", details: { from: "resolved", to: "pending" } });
    await expect(snooze(id, { forMinutes: 5 })).rejects.toMatchObject({ reason: "invalid_state" });
    expect(await life.row(id)).toEqual(before);
  });

  it("of another workspace's conversation is refused as of one that is not there", async () => {
    const id = await begun();
    const stranger = await scene.found("stranger");
    const elsewhere = (verb: Parameters<typeof life.within>[0]) => scene.inWorkspace(stranger.workspaceId, verb);
    for (const verb of [
      () => elsewhere((ws) => setStatus(ws, { conversationId: id, status: "resolved" })),
      () => elsewhere((ws) => takeOver(ws, id, life.asMia)),
      () => elsewhere((ws) => returnToAi(ws, id)),
      () => elsewhere((ws) => snoozeConversation(ws, { conversationId: id, forMinutes: 5 })),
    ])
      await expect(verb()).rejects.toMatchObject({ reason: "not_found" });
    expect(await elsewhere((ws) => wakeConversation(ws, id))).toBe(false);
    expect(await life.row(id)).toMatchObject({ status: "open", handler: "ai" });
  });

  it("to its end drops a reply in the making", async () => {
    const id = await begun();
    await set(id, "resolved");
    expect((await turnsOf(scene, life.workspaceId, id)).map(({ state }) => state)).toEqual(["superseded"]);
    expect(await life.row(id)).toMatchObject({ status: "resolved", resolution: 1, boundarySeq: 1, waitingSince: null });
    expect(await kinds(id)).toEqual(["contact"]);
  });
});

describe("a snoozed conversation", () => {
  it("wakes when its hour has come, not before, and once", async () => {
    const id = await begun();
    expect(await snooze(id, { forMinutes: 30 })).toMatchObject({ status: "snoozed", snoozedUntil: expect.any(String) });
    const due = async () => (await findDueSnoozes(scene.database)).some((one) => one.id === id);
    expect(await due()).toBe(false);
    expect(await wake(id)).toBe(false);
    await life.pass(id, 31);
    expect(await due()).toBe(true);
    expect([await wake(id), await wake(id)]).toEqual([true, false]);
    expect(await life.row(id)).toMatchObject({ status: "open", snoozedUntil: null });
    expect((await updates(id)).at(-1)).toMatchObject({ actor: "system", reason: "snooze_ended", status: "open" });
  });

  it("is woken at once by its customer, who gets an answer", async () => {
    const id = await begun();
    await set(id, "snoozed", { until: soon() });
    await life.write(id, question);
    expect(await life.row(id)).toMatchObject({ status: "open", snoozedUntil: null });
    expect(await life.reply(id)).toBe(true);
    expect((await updates(id)).at(-1)).toMatchObject({ actor: "contact", reason: "message_received" });
    await life.pass(id, 120);
    expect(await wake(id)).toBe(false);
  });

  it("may be put off to another hour, and only to one that is to come", async () => {
    const id = await begun();
    await snooze(id, { forMinutes: 5 });
    const until = soon();
    expect(await snooze(id, { until })).toMatchObject({ snoozedUntil: until });
    for (const bad of [{ until: "2020-01-01T00:00:00Z" }, { until: "2099-01-01T00:00:00Z" }])
      await expect(snooze(id, bad)).rejects.toMatchObject({ reason: "validation" });
    expect(() => snoozeInput.parse({ conversationId: id })).toThrow("either until or forMinutes");
    expect(() => setStatusInput.parse({ conversationId: id, status: "snoozed" })).toThrow("until");
    expect(await life.row(id)).toMatchObject({ snoozedUntil: until });
  });
});

describe("a person who takes a conversation over", () => {
  it("silences the agent with that commit, whatever its worker makes of it, and has it once", async () => {
    const id = await begun();
    const turnId = await life.openTurn(id);
    expect(await take(id)).toMatchObject({ handler: "member", status: "open", assignee: { id: life.accountId, name: "Mia" } });
    await take(id);
    expect(turnId).not.toBeNull();
    expect(await life.reply(id)).toBe(false);
    expect(await kinds(id)).toEqual(["contact"]);
    expect(await updates(id)).toEqual([
      expect.objectContaining({
        actor: "member",
        actorId: life.accountId,
        reason: "taken_over",
        changes: {
          handler: { before: "ai", after: "member" },
          assignee: { before: null, after: { id: life.accountId, name: "Mia" } },
        },
      }),
    ]);
    await life.write(id, "Are you there?");
    expect(await life.openTurn(id)).toBeNull();
  });

  it("gives it back, and the agent answers what is unanswered, of the same burst and once", async () => {
    const id = await begun();
    await take(id);
    await life.write(id, "A kettle, mind you.");
    expect(await giveBack(id)).toMatchObject({ handler: "ai", status: "open" });
    await giveBack(id);
    expect((await life.row(id)).assigneeId).toBeNull();
    expect(await life.reply(id)).toBe(true);
    expect(await life.reply(id)).toBe(false);
    expect(await kinds(id)).toEqual(["contact", "contact", "ai"]);
    expect(JSON.stringify(life.provider.asked.at(-1))).toContain("A kettle, mind you.");
  });

  it("gives it back with nothing to answer, and the agent waits", async () => {
    const id = await begun();
    await take(id);
    await life.answer(id, "45 days.");
    await giveBack(id);
    expect(await life.openTurn(id)).toBeNull();
    await life.write(id, "And a toaster?");
    expect(await life.openTurn(id)).not.toBeNull();
  });

  it("cannot give back what is resolved, or to an agent that is switched off", async () => {
    const id = await begun();
    await set(id, "resolved");
    await expect(giveBack(id)).rejects.toMatchObject({ reason: "invalid_state" });
    await take(id);
    await switchAgent("paused");
    await expect(giveBack(id)).rejects.toMatchObject({ reason: "invalid_state" });
    await switchAgent("live");
    expect(await life.row(id)).toMatchObject({ handler: "member", status: "open" });
  });
});
