/**
 * A stand-in for the event log in this package's tests: commits are whole, numbers gapless, reads take a moment.
 *
 * @module
 */
import type { EventBody, LoggedEvent } from "@axon/contracts/events";
import type { ConversationPlace, EventLog, LogRow, Topic } from "../log.ts";

interface Row {
  seq: number | null;
  workspaceSeq: number;
  event: LoggedEvent;
}

export interface FakeLog extends EventLog {
  /** Appends all of them at once. */
  commit(...bodies: EventBody[]): void;
  rows(): readonly Row[];
  /** Forgets rows up to this conversation number. */
  prune(upTo: number): void;
  /** The next reads fail. */
  failNext(reads: number): void;
  counts: { conversation: number; workspace: number; heads: number; places: number; rowsMost: number };
}

/** A log of one workspace with, as far as the tests go, one conversation. */
export function createFakeLog(workspaceId: string, at: () => Date = () => new Date()): FakeLog {
  const kept: Row[] = [];
  const heads = new Map<string, number>();
  const counts = { conversation: 0, workspace: 0, heads: 0, places: 0, rowsMost: 0 };
  let failures = 0;

  async function moment(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (failures <= 0) return;
    failures -= 1;
    throw new Error("the database is away");
  }

  const grow = (key: string) => {
    const next = (heads.get(key) ?? 0) + 1;
    heads.set(key, next);
    return next;
  };

  const page = (rows: LogRow[], limit: number) => {
    counts.rowsMost = Math.max(counts.rowsMost, Math.min(rows.length, limit));
    return rows.slice(0, limit);
  };

  const inConversation = (id: string) =>
    kept.flatMap(({ seq, event }) => (seq !== null && "conversationId" in event && event.conversationId === id ? [{ seq, event }] : []));

  return {
    counts,
    rows: () => kept,
    commit(...bodies) {
      for (const body of bodies) {
        const seq = "conversationId" in body ? grow(body.conversationId) : null;
        kept.push({
          seq,
          workspaceSeq: grow(workspaceId),
          event: { ...body, id: crypto.randomUUID(), at: at().toISOString(), workspaceId },
        });
      }
    },
    prune(upTo) {
      const from = kept.findIndex((row) => row.seq !== null && row.seq > upTo);
      kept.splice(0, from === -1 ? kept.length : from);
    },
    failNext(reads) {
      failures = reads;
    },
    async readConversation(ref, after, limit) {
      counts.conversation += 1;
      await moment();
      if (ref.workspaceId !== workspaceId) return [];
      return page(
        inConversation(ref.conversationId).filter(({ seq }) => seq > after),
        limit,
      );
    },
    async readWorkspace(ref, after, limit) {
      counts.workspace += 1;
      await moment();
      if (ref.workspaceId !== workspaceId) return [];
      return page(
        kept.filter((row) => row.workspaceSeq > after).map(({ workspaceSeq, event }) => ({ seq: workspaceSeq, event })),
        limit,
      );
    },
    async conversationPlace(ref, at) {
      counts.places += 1;
      await moment();
      if (ref.workspaceId !== workspaceId) return { head: 0, oldest: 1, openReplyId: null };
      const rows = inConversation(ref.conversationId);
      const head = heads.get(ref.conversationId) ?? 0;
      return { head, oldest: rows[0]?.seq ?? head + 1, openReplyId: openReplyAt(rows, at ?? head) };
    },
    async workspacePlace() {
      counts.places += 1;
      await moment();
      const head = heads.get(workspaceId) ?? 0;
      return { head, oldest: kept[0]?.workspaceSeq ?? head + 1 };
    },
    async heads(topics: readonly Topic[]) {
      counts.heads += 1;
      await moment();
      return new Map(topics.map((topic) => topic.conversationId ?? topic.workspaceId).map((key) => [key, heads.get(key) ?? 0]));
    },
  };
}

function openReplyAt(rows: readonly LogRow[], at: number): ConversationPlace["openReplyId"] {
  const last = rows.findLast(({ seq, event }) => seq <= at && event.type.startsWith("reply."));
  return last?.event.type === "reply.started" ? last.event.replyId : null;
}
