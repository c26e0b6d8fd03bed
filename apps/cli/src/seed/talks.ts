/**
 * Made-up conversations of a large shop, as they would have been over a year. The same seed gives the same ones, each by its
 * number, so that a run that was cut goes on where it stopped. Knows no server.
 *
 * @module
 */
import type { ImportedConversation } from "@axon/contracts/inbox";
import { closings, firstNames, lastNames, places, products, topics } from "./talk-words.ts";

export interface TalkSetting {
  seed: number;
  agentIds: readonly string[];
  /** `undefined` is the `api` channel. */
  channelIds: readonly (string | undefined)[];
  /** Who has what people answer. */
  memberIds: readonly string[];
  /** When the newest conversation was. */
  untilMs: number;
}

const yearMs = 365 * 24 * 3_600_000;
const dayMs = 24 * 3_600_000;
/** Customers who write, for each conversation: most write more than once. */
const customersShare = 0.4;
/** Messages of one conversation. */
const messagesMax = 16;

/** A number below `below`, the next of a row that its seed determines. */
type Dice = (below: number) => number;

/** The conversation with this number, of `count` in all; the highest number is the newest. */
export function talkOf(setting: TalkSetting, number: number, count: number): ImportedConversation {
  const dice = diceOf(setting.seed * 1_000_003 + number);
  const beganMs = setting.untilMs - dayMs - Math.floor(((count - 1 - number) / count) * yearMs) - dice(3_600_000);
  const topic = pick(dice, topics);
  const customer = dice(Math.max(1, Math.round(count * customersShare)));
  const name = nameOf(setting.seed, customer);
  const handed = dice(100) < 25;
  const fresh = setting.untilMs - beganMs < 14 * dayMs;
  const status = fresh && dice(100) < 45 ? (dice(100) < 70 ? "open" : "pending") : "resolved";
  const assigneeId = handed && dice(100) < 70 ? setting.memberIds[dice(Math.max(1, setting.memberIds.length))] : undefined;
  const urgency = dice(100);
  return {
    externalId: `seed-${setting.seed}-${number}`,
    agentId: pick(dice, setting.agentIds),
    channelId: pick(dice, setting.channelIds),
    contact: { externalId: `seed-${setting.seed}-customer-${customer}`, name, email: emailOf(name, customer) },
    status,
    handler: handed || status !== "resolved" ? "member" : "ai",
    ...(assigneeId === undefined ? {} : { assigneeId }),
    priority: urgency < 4 ? "urgent" : urgency < 14 ? "high" : urgency < 20 ? "low" : "normal",
    tags: dice(100) < 60 ? [...topic.tags] : [],
    createdAt: new Date(beganMs).toISOString(),
    messages: messagesOf(dice, { topic, beganMs, handed, name, resolved: status === "resolved" }),
  };
}

interface Course {
  topic: (typeof topics)[number];
  beganMs: number;
  handed: boolean;
  name: string;
  resolved: boolean;
}

function messagesOf(dice: Dice, { topic, beganMs, handed, name, resolved }: Course): ImportedConversation["messages"] {
  const filled = fillerOf(dice);
  const messages: ImportedConversation["messages"] = [];
  let atMs = beganMs;
  const say = (author: "contact" | "ai" | "member", text: string, waitMs: number) => {
    atMs += waitMs;
    messages.push({
      author,
      ...(author === "member" ? { name: "Maeve" } : author === "contact" ? { name } : {}),
      text: filled(text),
      at: new Date(atMs).toISOString(),
    });
  };
  say("contact", pick(dice, topic.asks), 0);
  const rounds = 1 + dice(Math.floor(messagesMax / 2) - 1);
  for (let round = 0; round < rounds; round += 1) {
    const person = handed && round > 0;
    say(person ? "member" : "ai", pick(dice, topic.answers), person ? 60_000 + dice(3_600_000) : 2_000 + dice(6_000));
    if (round < rounds - 1 || dice(2) === 0) say("contact", pick(dice, topic.replies), 20_000 + dice(600_000));
  }
  if (resolved) say(handed ? "member" : "ai", pick(dice, closings), 3_000 + dice(60_000));
  return messages;
}

/** One conversation is about one product, one order, one place. */
function fillerOf(dice: Dice): (text: string) => string {
  const product = pick(dice, products);
  const order = `PP-${100_000 + dice(900_000)}`;
  const place = pick(dice, places);
  return (text) => text.replaceAll("{p}", product).replaceAll("{o}", order).replaceAll("{c}", place);
}

function nameOf(seed: number, customer: number): string {
  const dice = diceOf(seed * 7_919 + customer);
  return `${pick(dice, firstNames)} ${pick(dice, lastNames)}`;
}

function emailOf(name: string, customer: number): string {
  return `${name.toLowerCase().replaceAll(" ", ".")}.${customer}@example.com`;
}

function pick<Item>(dice: Dice, items: readonly Item[]): Item {
  // safe: below the length, and no list here is empty
  return items[dice(items.length)] as Item;
}

/** Mulberry32: small, even enough for made-up talk, and the same everywhere. */
function diceOf(seed: number): Dice {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
