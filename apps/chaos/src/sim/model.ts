/**
 * A model that follows a script: it answers in pieces, hands over, fails at once or in the middle, or goes on talking when it was
 * told to stop. Which, is drawn from the run's seed, the turn and how often it was asked.
 *
 * @module
 */
import { createLocalProvider } from "@axon/ai/local/provider";
import { AiError, type AiProvider, type ChatPart } from "@axon/ai/provider";
import { randomOf } from "./random.ts";
import type { Actor, Stage } from "./stage.ts";

/** What the workspace knows; answers are made of these sentences, so that each is borne out. */
export const facts = [
  "You can return a kettle within 45 days of delivery.",
  "The shop pays for the way back.",
  "A kettle with a broken lid is replaced for free.",
  "Refunds reach your card within five working days.",
] as const;

export type Mood = "answers" | "hands over" | "fails at once" | "fails midway" | "is deaf";

/** A quarter of the tries meet trouble, as on a bad day. */
const moods: readonly Mood[] = [...Array(9).fill("answers"), "hands over", "fails at once", "fails midway", "is deaf"];

export interface ScriptedModel {
  /** What the model does when it is asked for this turn for the `asked`th time (from 1). */
  moodOf(turn: string, asked: number): Mood;
  /** The provider for a worker that answers this turn. Its trouble ends when `calm` says so. */
  provider(actor: Actor, turn: string): AiProvider;
}

export function scriptedModel(seed: string, stage: Stage, calm: () => boolean): ScriptedModel {
  const asked = new Map<string, number>();
  const moodOf = (turn: string, time: number): Mood => {
    const random = randomOf(seed, "model", turn, time);
    return moods[random.below(moods.length)] ?? "answers";
  };
  const local = createLocalProvider();
  return {
    moodOf,
    provider: (actor, turn) => ({
      ...local,
      confidence: { id: "scripted", threshold: 0.5, score: () => 0.95 },
      chat: {
        id: "scripted",
        async *stream(_request, { signal }) {
          const time = (asked.get(turn) ?? 0) + 1;
          asked.set(turn, time);
          yield* speak({
            stage,
            actor,
            signal,
            mood: calm() ? "answers" : moodOf(turn, time),
            random: randomOf(seed, "words", turn, time),
          });
        },
      },
    }),
  };
}

interface Speech {
  stage: Stage;
  actor: Actor;
  signal: AbortSignal | undefined;
  mood: Mood;
  random: { below(end: number): number };
}

async function* speak({ stage, actor, signal, mood, random }: Speech): AsyncGenerator<ChatPart> {
  const wait = async (at: string) => {
    await stage.gate(actor, at);
    if (mood !== "is deaf") signal?.throwIfAborted();
  };
  await wait("model asked");
  if (mood === "fails at once") throw new AiError("unavailable", "the model is away");
  if (mood === "hands over") {
    yield { type: "action", action: "handoff" };
    return yield { type: "finish", reason: "stop" };
  }
  yield { type: "action", action: "answer" };
  // Another beginning for each try, so that two tries under one name can be told apart.
  const first = random.below(facts.length);
  const sentences = 1 + random.below(2);
  for (let at = 0; at < sentences; at++) {
    yield { type: "text", text: `${at === 0 ? "" : " "}${facts[(first + at) % facts.length]} [1]` };
    await wait(`model said ${at + 1}`);
    if (mood === "fails midway") throw new AiError("unavailable", "the model hung up");
  }
  yield { type: "usage", prompt: 10, completion: sentences, estimated: false, price: null };
  yield { type: "finish", reason: "stop" };
}
