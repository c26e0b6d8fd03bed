/**
 * The one door for changes of a conversation: it keeps to the legal life, writes what comes with a new status, and tells who
 * changed what and why. What a message alone changes (its number, the epoch) is `appendMessage`'s affair.
 *
 * @module
 */
import type { ConversationStatus } from "@axon/contracts/conversations";
import type { EventBody } from "@axon/contracts/events";
import { conversation } from "@axon/db/schema/conversations";
import { eq, type SQL, sql } from "drizzle-orm";
import type { Caller, WorkspaceCtx } from "../context.ts";
import { requireTransition } from "./status-rules.ts";
import type { ConversationRow } from "./view.ts";

type Columns =
  | "status"
  | "handler"
  | "agentId"
  | "assigneeId"
  | "assigneeName"
  | "handoffReason"
  | "handoffAt"
  | "failedTurns"
  | "epoch"
  | "priority"
  | "attributes"
  | "snoozedUntil"
  | "resolvedAt"
  | "resolution"
  | "boundarySeq"
  | "mutedUntil"
  | "waitingSince"
  | "tags";

/** Columns and what they become; SQL where the database's clock is the one that counts. */
export type ConversationChange = { [Column in Columns]?: ConversationRow[Column] | SQL };

type Updated = Extract<EventBody, { type: "conversation.updated" }>;
interface Actor {
  kind: Updated["actor"];
  /** Of the account, key or contact; null for an agent and for Axon itself. */
  id: string | null;
}

export interface ChangeCause {
  actor: Actor;
  /** A word that says why: `taken_over`, `snooze_ended`. */
  reason: string;
  /** What changed beside the row (tags, say), told in the same event. */
  also?: NonNullable<Updated["changes"]>;
  /** What the event says beyond who, why and what. */
  tells?: Pick<Updated, "continuedIn" | "csat">;
}

/** What others are told of: a name of the event, and where it is read from. */
const told = {
  status: (row) => row.status,
  handler: (row) => row.handler,
  agentId: (row) => row.agentId,
  assignee: (row) => (row.assigneeId === null ? null : { id: row.assigneeId, name: row.assigneeName ?? "" }),
  priority: (row) => row.priority,
  attributes: (row) => row.attributes,
  tags: (row) => row.tags,
  snoozedUntil: (row) => row.snoozedUntil,
  mutedUntil: (row) => row.mutedUntil,
} as const satisfies Record<string, (row: ConversationRow) => unknown>;

/**
 * Makes `change` to a conversation that the caller has locked (`locked` is the row as it is now), and emits `conversation.updated`
 * when there is something to tell; what changes nothing writes nothing. Gives the row as it is then. Refuses with
 * `invalid_state` a status that may not follow this one.
 */
export async function changeConversation(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  change: ConversationChange,
  { actor, reason, also = {}, tells = {} }: ChangeCause,
): Promise<ConversationRow> {
  const wanted = { ...withStatus(locked, change), ...change };
  const after = changesNothing(locked, wanted) ? locked : await write(ws, locked, wanted);
  const changes = { ...differences(locked, after), ...also };
  if (Object.keys(changes).length > 0 || Object.keys(tells).length > 0) {
    ws.emit({
      type: "conversation.updated",
      conversationId: locked.id,
      status: after.status,
      handler: after.handler,
      actor: actor.kind,
      ...(actor.id === null ? {} : { actorId: actor.id }),
      reason,
      changes,
      ...tells,
    });
  }
  return after;
}

/** The caller as events name them. */
export function actorOf({ kind, id }: Pick<Caller, "kind" | "id">): Actor {
  if (kind === "system") return { kind, id: null };
  return { kind: kind === "visitor" ? "contact" : "member", id };
}

/** What a new status brings with it. */
function withStatus(locked: ConversationRow, change: ConversationChange): ConversationChange {
  // safe: no status is ever computed by the database
  const to = change.status as ConversationStatus | undefined;
  if (to === undefined || to === locked.status) return {};
  requireTransition(locked.status, to);
  if (to === "snoozed" && change.snoozedUntil === undefined) throw new Error("a conversation was snoozed without an end");
  return {
    ...(locked.status === "snoozed" ? { snoozedUntil: null } : {}),
    // Whoever writes after the end begins another matter: the promise of a person was of the one before.
    ...(locked.status === "resolved" ? { resolvedAt: null, handoffReason: null, handoffAt: null } : {}),
    ...(to === "resolved"
      ? {
          resolvedAt: sql`now()`,
          resolution: locked.resolution + 1,
          boundarySeq: locked.messageSeq,
          waitingSince: null,
          mutedUntil: null,
          failedTurns: 0,
        }
      : {}),
  };
}

async function write(ws: WorkspaceCtx, locked: ConversationRow, change: ConversationChange): Promise<ConversationRow> {
  const [after] = await ws.tx.update(conversation).set(change).where(eq(conversation.id, locked.id)).returning();
  if (!after) throw new Error("a locked conversation vanished");
  return after;
}

function changesNothing(locked: ConversationRow, change: ConversationChange): boolean {
  const before: Readonly<Record<string, unknown>> = locked;
  return Object.entries(change).every(([column, value]) => value === undefined || same(before[column], value));
}

function differences(before: ConversationRow, after: ConversationRow): NonNullable<Updated["changes"]> {
  if (before === after) return {};
  return Object.fromEntries(
    Object.entries(told)
      .map(([name, read]) => [name, { before: read(before), after: read(after) }] as const)
      .filter(([, { before, after }]) => !same(before, after)),
  );
}

/** SQL is never the same as what is there: nobody knows what it will say. */
function same(one: unknown, other: unknown): boolean {
  return (
    one === other ||
    (typeof one === "object" && !(other instanceof Object && "queryChunks" in other) && JSON.stringify(one) === JSON.stringify(other))
  );
}
