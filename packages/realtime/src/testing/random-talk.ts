/**
 * A conversation that goes as dice have it, and what a subscriber who got all of it must have got.
 *
 * @module
 */
import type { Bus } from "../bus.ts";
import type { Tracked } from "../walk.ts";
import type { Scene } from "./scene.ts";

export type Dice = (below: number) => number;

/** Random numbers that a printed seed repeats. */
export function dice(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Loses a third of all hints. */
export const lossy = (bus: Bus, roll: Dice): Bus => ({ ...bus, publish: (topic, payload) => roll(3) > 0 && bus.publish(topic, payload) });

export async function talkAtRandom(talk: Scene, roll: Dice): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) {
    talk.customerSays(`question ${turn}`);
    const reply = talk.replyStarts(roll(2));
    const words = roll(12);
    for (let word = 0; word < words; word += 1) {
      await talk.word(reply, `${turn}.${word} `);
      if (roll(4) === 0) await pause(roll(3));
      if (roll(8) === 0) talk.customerSays("and another thing");
    }
    if (roll(4) === 0) talk.replyIsSuperseded(reply);
    else await talk.replyCompletes(reply);
  }
  talk.documentMoves(1);
  talk.commit({
    type: "handoff.requested",
    conversationId: talk.conversationId,
    turnId: crypto.randomUUID(),
    reason: "customer_asked",
    confidence: null,
  });
}

/** What is wrong with what one subscriber got, beside the log: nothing, as it should be, or each fault in words. */
export function faultsOf(talk: Scene, all: readonly Tracked[]): string[] {
  const faults: string[] = [];
  const logged = talk.log.rows().flatMap(({ seq, event }) => (seq === null ? [] : event.id));
  const durable = all.flatMap(({ event }) => (event.type === "reply.delta" ? [] : event.id));
  if (durable.join() !== logged.join()) faults.push(`of ${logged.length} events it got ${durable.length}, or in another order`);
  const replies = new Map<string, { next: number; text: string; over: boolean }>();
  for (const { event } of all) {
    if (event.type === "reply.started") replies.set(event.replyId, { next: 0, text: "", over: false });
    const reply = "replyId" in event ? replies.get(event.replyId) : undefined;
    if (event.type === "reply.delta") {
      if (reply?.over !== false || reply.next !== event.index) faults.push(`piece ${event.index} where ${reply?.next} was to come`);
      if (reply) Object.assign(reply, { next: reply.next + 1, text: reply.text + event.text });
    }
    // No word comes after its message.
    if (event.type === "message.created" && event.message.author.kind === "ai" && [...replies.values()].at(-1)?.text !== event.message.text)
      faults.push("a message came before all its pieces");
    if (event.type === "reply.completed" && reply?.text !== event.text) faults.push("a reply is not the sum of its pieces");
    if (reply && (event.type === "reply.completed" || event.type === "reply.superseded")) reply.over = true;
  }
  return faults;
}
