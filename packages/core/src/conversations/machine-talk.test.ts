import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { setStatus } from "./index.ts";
import { type Life, openLife, question } from "./life.fixture.ts";
import { messagesOf } from "./stage.fixture.ts";

let scene: Scene;
let life: Life;
beforeAll(async () => {
  scene = await openScene();
  life = await openLife(scene);
});
afterAll(() => scene.close());

const saidBy = async (conversationId: string, kind: string) =>
  (await messagesOf(scene, life.workspaceId, conversationId)).filter(({ author }) => author.kind === kind);
/** Most messages that a loop is let run for in a test before it counts as endless. */
const endless = 12;

describe("two agents of ours that talk to each other", () => {
  it("stop within the replies that a minute allows, and people of both sides are told", async () => {
    const other = await openLife(scene);
    const limit = 3;
    const one = (await life.start("Hello?")).conversation.id;
    const two = (await other.start("Hello?")).conversation.id;
    for (const side of [life, other]) await side.rule({ loopGuard: { repliesPerMinute: limit, muteMinutes: 10 } });
    await life.reply(one);
    await other.reply(two);
    let exchanged = 0;
    const carry = async (from: Life, fromId: string, to: Life, toId: string) => {
      const heard = (await messagesOf(scene, from.workspaceId, fromId)).filter(({ author }) => author.kind === "ai").length;
      await to.write(toId, `${question} (${exchanged})`);
      const went = await to.reply(toId);
      exchanged += 1;
      return went && heard > 0;
    };
    while (exchanged < endless && (await carry(life, one, other, two)) && (await carry(other, two, life, one)));
    expect(exchanged).toBeLessThanOrEqual(2 * limit);
    // The silence of one side ends the talk: the other has nothing more to answer.
    const silent = [
      [life, one],
      [other, two],
    ] as const;
    const muted = await Promise.all(silent.map(async ([side, id]) => [side, id, await side.row(id)] as const));
    const [mute] = muted.filter(([, , row]) => row.mutedUntil !== null);
    expect(mute?.[2]).toMatchObject({ status: "pending", handoffReason: "loop_guard", handler: "ai" });
    const events = (await mute?.[0].events(mute[1])) ?? [];
    expect(events.slice(-3)).toMatchObject([
      { type: "message.created", message: { visibility: "internal", author: { kind: "system" } } },
      { type: "conversation.updated", actor: "system", reason: "loop_guard", changes: { mutedUntil: { before: null } } },
      { type: "handoff.requested", reason: "loop_guard", confidence: null },
    ]);
  });
});

describe("an agent that talked to a machine", () => {
  it("is silent there, also in another conversation of the same contact, and speaks again when the time is over", async () => {
    const contact = { externalId: "robot" };
    const id = (await life.start(question, contact)).conversation.id;
    await life.rule({ loopGuard: { repliesPerMinute: 2, muteMinutes: 10 } });
    await life.reply(id);
    await life.write(id, question);
    await life.reply(id);
    await life.write(id, question);
    expect(await life.openTurn(id)).toBeNull();
    await life.write(id, question);
    expect(await life.openTurn(id)).toBeNull();
    const elsewhere = (await life.start(question, contact)).conversation.id;
    expect(await life.openTurn(elsewhere)).toBeNull();
    expect((await life.row(elsewhere)).mutedUntil).not.toBeNull();
    expect((await saidBy(id, "ai")).length).toBe(2);
    // Said once to people, and never to the machine.
    const notes = await saidBy(id, "system");
    expect(notes.map(({ visibility }) => visibility)).toEqual(["internal"]);
    await life.rule({ loopGuard: { repliesPerMinute: 50, muteMinutes: 10 } });
    await life.pass(id, 11);
    await life.write(id, question);
    expect(await life.openTurn(id)).not.toBeNull();
  });

  it("is never silenced where nothing guards it", async () => {
    const id = (await life.start()).conversation.id;
    await life.rule({ loopGuard: null });
    for (let round = 0; round < 4; round += 1) {
      expect(await life.reply(id)).toBe(true);
      await life.write(id, question);
    }
    expect(await life.openTurn(id)).not.toBeNull();
  });
});

describe("a message that a machine wrote", () => {
  it("is kept and never answered, wakes nothing, opens nothing, and leaves a reply in the making alone", async () => {
    const id = (await life.start()).conversation.id;
    const before = await life.row(id);
    const { message } = await life.write(id, "I am out of office.", { automatic: true, clientMessageId: "auto" });
    expect(message).toMatchObject({ automatic: true, seq: 2 });
    expect(await life.write(id, "I am out of office.", { automatic: true, clientMessageId: "auto" })).toEqual({ message });
    expect(await life.row(id)).toMatchObject({ epoch: before.epoch, status: "open" });
    expect(await life.reply(id)).toBe(true);
    expect(JSON.stringify(life.provider.asked.at(-1))).not.toContain("out of office");
    expect(await life.row(id)).toMatchObject({ waitingSince: null });
    await life.within((ws) => setStatus(ws, { conversationId: id, status: "resolved" }));
    await life.pass(id, 100 * 60);
    expect((await life.write(id, "I am back.", { automatic: true })).message.conversationId).toBe(id);
    expect(await life.row(id)).toMatchObject({ status: "resolved" });
    expect(await life.openTurn(id)).toBeNull();
  });

  it("as an echo of our own takes nothing over", async () => {
    const id = (await life.start()).conversation.id;
    await life.answer(id, "Sent from our newsletter.", { automatic: true });
    expect(await life.row(id)).toMatchObject({ handler: "ai", assigneeId: null });
    expect(await life.reply(id)).toBe(true);
  });
});
