/**
 * Who says what in a run. People send one message after the other, and each again until it is acknowledged, as clients do.
 *
 * @module
 */
import type { Handed } from "./check-step.ts";
import { randomOf } from "./random.ts";

export type Act = "says" | "takes over" | "gives back" | "resolves";

export interface Line extends Handed {
  act: Act;
  /** What the trace calls it. */
  label: string;
  as: "contact" | "member";
  talk: Talk;
  clientMessageId: string;
  attempts: number;
  /** Requests for it that are under way. */
  underWay: number;
  /** True once it was refused: then it need not be there. */
  refused: boolean;
}

export interface Talk {
  name: string;
  agent: number;
  /** null until its first message is acknowledged. */
  id: string | null;
}

const talksMax = 2;
const questionsMax = 3;
/** Of the talks, those in which a person takes over. */
const takenShare = 0.65;
/** What a member does, one after the other. */
const stories: readonly (readonly Act[])[] = [
  ["says"],
  ["takes over"],
  ["takes over", "says"],
  ["says", "gives back"],
  ["takes over", "gives back"],
  ["says", "resolves"],
  ["resolves"],
];
const phrases = [
  "Within how many days can I return a kettle?",
  "And who pays for the way back?",
  "When do I get my refund?",
  "What if the lid is broken?",
];

/** Everybody's lines, in the order in which each must be said. Texts are unlike, so that each can be counted. */
export function castOf(seed: string): Line[] {
  const random = randomOf(seed, "people");
  const lines: Line[] = [];
  const talks = 1 + random.below(talksMax);
  for (let at = 0; at < talks; at++) {
    const talk: Talk = { name: at === 0 ? "A" : "B", agent: random.chance(0.75) ? 0 : 1, id: null };
    const add = (by: string, as: Line["as"], number: number, act: Act, phrase: string) => {
      const label = `${by}.${number}`;
      const more = { acknowledged: false, attempts: 0, underWay: 0, refused: false };
      lines.push({
        label,
        by,
        as,
        number,
        act,
        talk,
        text: `${phrase} (${talk.name}, ${by} ${number})`,
        clientMessageId: `${seed}-${label}`,
        ...more,
      });
    };
    const questions = 1 + random.below(questionsMax);
    for (let number = 1; number <= questions; number++)
      add(`customer${talk.name}`, "contact", number, "says", phrases[random.below(phrases.length)] ?? "");
    const acts = random.chance(takenShare) ? (stories[random.below(stories.length)] ?? []) : [];
    for (const [index, act] of acts.entries()) add(`member${talk.name}`, "member", index + 1, act, "I am looking into it.");
  }
  return lines;
}

/** Whether it may be said now: what its sender said before has arrived, and the conversation is known. */
export function isNext(line: Line, lines: readonly Line[]): boolean {
  if (line.acknowledged || line.refused) return false;
  if (line.talk.id === null && !(line.as === "contact" && line.number === 1)) return false;
  return lines.every((other) => other.by !== line.by || other.number >= line.number || other.acknowledged || other.refused);
}
