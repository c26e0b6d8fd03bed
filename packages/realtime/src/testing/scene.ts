/**
 * One conversation with the sentences the tests say about it: a customer writes, a reply begins, words come, it ends.
 *
 * @module
 */
import type { EventBody, StreamEvent } from "@axon/contracts/events";
import type { Bus } from "../bus.ts";
import { createDeltaWriter, type DeltaWriter } from "../delta-writer.ts";
import type { DeltaBuffer } from "../deltas.ts";
import { announce } from "../hints.ts";
import { createHub, type Hub } from "../hub.ts";
import { parsePosition } from "../position.ts";
import type { Tracked } from "../walk.ts";
import { createFakeLog } from "./fake-log.ts";

export interface Reply {
  id: string;
  turnId: string;
  text: string;
  writer: DeltaWriter;
}

export function createScene({ bus, deltas, at }: { bus: Bus; deltas: DeltaBuffer; at?: () => Date }) {
  const workspaceId = crypto.randomUUID();
  const conversationId = crypto.randomUUID();
  const log = createFakeLog(workspaceId, at);

  function commit(...bodies: EventBody[]): void {
    log.commit(...bodies);
    announce(bus, { workspaceId, conversationId });
  }

  const said = (text: string, kind: "contact" | "ai" = "contact"): EventBody => ({
    type: "message.created",
    conversationId,
    message: {
      id: crypto.randomUUID(),
      conversationId,
      seq: log.rows().length + 1,
      author: { kind },
      text,
      visibility: "public",
      attachments: [],
      citations: [],
      confidence: null,
      createdAt: new Date().toISOString(),
    },
  });

  return {
    workspaceId,
    conversationId,
    log,
    commit,
    hub: (pollMs = 60_000, onError?: (error: unknown) => void): Hub => createHub({ bus, deltas, log, pollMs, ...(onError && { onError }) }),
    customerSays: (text: string) => commit(said(text)),
    documentMoves: (done: number) =>
      commit({
        type: "document.progress",
        documentId: crypto.randomUUID(),
        sourceId: crypto.randomUUID(),
        status: "embedding",
        done,
        total: 9,
        error: null,
      }),
    replyStarts(coalesceMs = 0): Reply {
      const reply = { id: crypto.randomUUID(), turnId: crypto.randomUUID(), text: "" };
      commit({ type: "reply.started", conversationId, replyId: reply.id, turnId: reply.turnId });
      const writer = createDeltaWriter({ buffer: deltas, bus, reply: { workspaceId, conversationId, replyId: reply.id }, coalesceMs });
      return { ...reply, writer };
    },
    /** Writes a word and waits until it is in the buffer, so that each word is a piece. */
    async word(reply: Reply, text: string): Promise<void> {
      reply.text += text;
      reply.writer.write(text);
      await reply.writer.flush();
    },
    async replyCompletes(reply: Reply): Promise<void> {
      await reply.writer.flush();
      const { id: replyId, turnId, text } = reply;
      const message = said(text, "ai");
      commit(message, { type: "reply.completed", conversationId, replyId, turnId, messageId: crypto.randomUUID(), text, confidence: 0.9 });
    },
    replyIsSuperseded(reply: Reply): void {
      reply.writer.stop();
      commit({ type: "reply.superseded", conversationId, replyId: reply.id, turnId: reply.turnId, reason: "newer_message" });
    },
  };
}

export type Scene = ReturnType<typeof createScene>;

/** What a subscriber receives, as far as it has read. */
export function open(hub: Hub, scene: Scene, afterId: string | null) {
  const stopping = new AbortController();
  const after = afterId === null ? null : parsePosition(afterId);
  const { workspaceId, conversationId } = scene;
  const events = hub.conversation({ workspaceId, conversationId, after, signal: stopping.signal });
  return { events, stop: () => stopping.abort() };
}

/** Reads on until `enough`, or the stream ends. */
export async function take(events: AsyncGenerator<Tracked>, enough: (all: Tracked[]) => boolean): Promise<Tracked[]> {
  const all: Tracked[] = [];
  while (!enough(all)) {
    const next = await events.next();
    if (next.done) break;
    all.push(next.value);
  }
  return all;
}

/** Shows an event in a word, for comparing whole streams. */
export function brief({ event }: Tracked): string {
  return event.type === "reply.delta" ? `${event.index}:${event.text}` : event.type;
}

export const ends =
  (type: StreamEvent["type"]) =>
  (all: Tracked[]): boolean =>
    all.at(-1)?.event.type === type;
