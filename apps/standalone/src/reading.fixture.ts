/**
 * Reading live streams in tests: until something happens, through cuts, and with a strict eye on every piece.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import type { Message } from "@axon/contracts/conversations";
import type { StreamEvent } from "@axon/contracts/events";
import type { Cable } from "./cable.fixture.ts";

interface Followed {
  id: string;
  event: StreamEvent;
}

type Follow = (signal: AbortSignal) => AsyncIterable<Followed>;

interface ReadOptions {
  timeoutMs?: number;
  onEvent?: (event: StreamEvent) => void;
}

/** All events up to and with the first that `isLast`. Throws when it does not come. */
export async function readUntil(
  follow: Follow,
  isLast: (event: StreamEvent) => boolean,
  { timeoutMs = 60_000, onEvent }: ReadOptions = {},
): Promise<Followed[]> {
  const read: Followed[] = [];
  for await (const one of follow(AbortSignal.timeout(timeoutMs))) {
    read.push(one);
    onEvent?.(one.event);
    if (isLast(one.event)) return read;
  }
  throw new Error(`the stream did not come to its end; it had: ${read.map(({ event }) => event.type).join(", ")}`);
}

/** The end of a turn that was not superseded. */
export function isOutcome(event: StreamEvent): boolean {
  return event.type === "reply.completed" || event.type === "handoff.requested";
}

/** Each reply's pieces joined, by reply. Throws when a piece is missing, comes twice, or comes out of turn. */
export function textsOf(read: readonly Followed[]): Map<string, string> {
  const pieces = new Map<string, string[]>();
  for (const { event } of read) {
    if (event.type !== "reply.delta") continue;
    const before = pieces.get(event.replyId) ?? [];
    if (event.index !== before.length) throw new Error(`piece ${event.index} of a reply came when ${before.length} was due`);
    pieces.set(event.replyId, [...before, event.text]);
  }
  return new Map([...pieces].map(([replyId, texts]) => [replyId, texts.join("")]));
}

/** What a reader has seen, in a form that two readers can compare. */
export function seenBy(read: readonly Followed[]): string[] {
  return read.map(({ event }) =>
    event.type === "reply.delta" ? `${event.replyId} ${event.index} ${event.text}` : `${event.type} ${event.id}`,
  );
}

/** Follows to the outcome while the cable is cut again and again, each time after two more pieces. Gives also how often. */
export async function readThroughCuts(
  client: AxonClient,
  cable: Cable,
  place: { conversationId: string; lastEventId: string },
  cutsMax: number,
): Promise<{ read: Followed[]; cuts: number }> {
  let cuts = 0;
  let pieces = 0;
  const onEvent = ({ type }: StreamEvent) => {
    if (type !== "reply.delta" || cuts === cutsMax) return;
    pieces += 1;
    if (pieces < 2 || cable.cut() === 0) return;
    cuts += 1;
    pieces = 0;
  };
  const read = await readUntil((signal) => client.follow.conversation(place, { signal }), isOutcome, { onEvent });
  return { read, cuts };
}

export async function messagesOf(client: AxonClient, conversationId: string): Promise<Message[]> {
  return (await client.api.conversations.messages.list.query({ conversationId, limit: 100 })).items;
}

/** Who said what, in order. */
export function transcriptOf(messages: readonly Message[]): string[] {
  return messages.map(({ author, text }) => `${author.kind}: ${text}`);
}

/** Puts one text into the workspace and waits until it can be searched. */
export async function teach(client: AxonClient, name: string, text: string): Promise<void> {
  const source = await client.api.knowledge.sources.create.mutate({ kind: "text", name });
  const { id } = await client.api.knowledge.documents.addText.mutate({ sourceId: source.id, name, text });
  const document = await client.waitForDocument(id);
  if (document.status !== "ready") throw new Error(`${name} could not be read: ${document.error?.message}`);
}

/** What the tests' shop knows, what is asked of it, and an answer long enough to be watched. */
export const returns = {
  document: "Returns are accepted within 30 days of delivery. The shop pays for the way back. Worn shoes cannot be returned.",
  question: "Within how many days are returns accepted?",
  answer: "Returns are accepted within 30 days of delivery. [1]",
  longAnswer: Array.from({ length: 20 }, (_, index) => `Point ${index + 1}: returns are accepted within 30 days of delivery. [1]`).join(
    " ",
  ),
};
