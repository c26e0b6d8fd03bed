/**
 * What a verb holds: one workspace, one transaction, and two ways to tell the world what its commit means.
 *
 * Events and jobs are written in the verb's own transaction, so a crash can lose neither; `onCommit` is only a hint that
 * there is something to look at. The workspace's counter is raised last, to keep its lock short and the numbers in commit order.
 *
 * @module
 */

import type { EventBody } from "@axon/contracts/events";
import { type JobName, type JobPayload, versioned } from "@axon/contracts/jobs";
import type { ActorKind } from "@axon/contracts/workspaces";
import type { Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { conversation } from "@axon/db/schema/conversations";
import { event, outbox, workspaceCursor } from "@axon/db/schema/engine";
import { auditEntry } from "@axon/db/schema/workspaces";
import { type Tx, withWorkspace } from "@axon/db/transaction";
import { eq, sql } from "drizzle-orm";
import { toAuditRow } from "./internal/audit.ts";

export interface EnqueueOptions {
  /** Derived from the job's cause: the same key is the same job. */
  key: string;
  /** Not before this many milliseconds from now; 0 when left out. */
  delayMs?: number;
}

/** Who asks for a verb, as the audit log will name them. */
export interface Caller {
  kind: ActorKind;
  /** Of the account, key or contact; null for Axon itself. */
  id: string | null;
  name: string;
  ip: string | null;
  requestId: string | null;
}

/** A line for the audit log. `before` and `after` hold what changed, and never a secret or what somebody wrote. */
export interface AuditLine {
  /** `noun.verb_past`: `member.removed`. */
  action: string;
  target?: { kind: string; id: string };
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

export interface WorkspaceCtx {
  readonly workspaceId: string;
  readonly tx: Tx;
  readonly caller: Caller;
  /** Writes down with this commit that the caller did this. */
  audit(line: AuditLine): void;
  /** Puts an event into the log with this commit. Events of one conversation need its row to be locked by the verb. */
  emit(body: EventBody): void;
  /** How many events this commit will add to the conversation's log, so far. */
  emitted(conversationId: string): number;
  /** Has a job done after this commit. */
  enqueue<Name extends JobName>(name: Name, payload: JobPayload<Name>, options: EnqueueOptions): void;
}

/** What a commit may have changed: where live readers should look, and whether jobs wait. */
export interface CommitHint {
  workspaceId: string;
  conversationIds: string[];
  events: boolean;
  jobs: boolean;
  /** True when it went into the audit log: whose rights it changed should be looked at. */
  audited: boolean;
}

/** Runs a verb in its own transaction and gives what it gave. Without a caller it is Axon itself that asks. */
export type InWorkspace = <Result>(workspaceId: string, verb: (ws: WorkspaceCtx) => Promise<Result>, caller?: Caller) => Promise<Result>;

const axonItself: Caller = { kind: "system", id: null, name: "Axon", ip: null, requestId: null };

interface PendingJob {
  key: string;
  name: JobName;
  payload: Record<string, unknown>;
  delayMs: number;
}

export interface InWorkspaceOptions {
  /** The request under way, which the jobs of a commit name as their cause; null outside of any. */
  requestId?(): string | null;
}

/** Binds verbs to a database. `onCommit` must not throw and is not waited for. */
export function createInWorkspace(
  database: Pick<Database, "app">,
  onCommit: (hint: CommitHint) => void,
  { requestId = () => null }: InWorkspaceOptions = {},
): InWorkspace {
  return async (workspaceId, verb, caller = axonItself) => {
    const events: EventBody[] = [];
    const lines: AuditLine[] = [];
    const queued: PendingJob[] = [];
    const result = await withWorkspace(database, workspaceId, async (tx) => {
      const given = await verb({
        workspaceId,
        tx,
        caller,
        audit: (line) => void lines.push(line),
        emit: (body) => void events.push(body),
        emitted: (conversationId) => events.filter((body) => conversationOf(body) === conversationId).length,
        enqueue: (name, payload, { key, delayMs = 0 }) => void queued.push({ key, name, payload, delayMs }),
      });
      await writeAudit(tx, workspaceId, caller, lines);
      await writeJobs(tx, workspaceId, queued, caller.requestId ?? requestId());
      await writeEvents(tx, workspaceId, events);
      return given;
    });
    if (events.length > 0 || queued.length > 0 || lines.length > 0) {
      onCommit({
        workspaceId,
        conversationIds: [...countByConversation(events).keys()],
        events: events.length > 0,
        jobs: queued.length > 0,
        audited: lines.length > 0,
      });
    }
    return result;
  };
}

/** What a verb holds that only reads, in a transaction that can do nothing else. */
export function readingCtx(tx: Tx, workspaceId: string, caller: Caller): WorkspaceCtx {
  const refuse = () => {
    throw new Error("a verb that was said to read only wanted to write");
  };
  return { workspaceId, tx, caller, audit: refuse, emit: refuse, emitted: () => 0, enqueue: refuse };
}

async function writeAudit(tx: Tx, workspaceId: string, caller: Caller, lines: readonly AuditLine[]): Promise<void> {
  if (lines.length > 0) await tx.insert(auditEntry).values(lines.map((line) => toAuditRow(workspaceId, caller, line)));
}

async function writeJobs(tx: Tx, workspaceId: string, queued: readonly PendingJob[], requestId: string | null): Promise<void> {
  if (queued.length === 0) return;
  await tx.insert(outbox).values(
    queued.map(({ key, name, payload, delayMs }) => ({
      workspaceId,
      key,
      name,
      payload: versioned(name, payload),
      dueAt: sql`now() + ${delayMs} * interval '1 millisecond'`,
      requestId,
    })),
  );
}

async function writeEvents(tx: Tx, workspaceId: string, events: readonly EventBody[]): Promise<void> {
  if (events.length === 0) return;
  const nextSeq = new Map<string, number>();
  for (const [conversationId, count] of countByConversation(events)) {
    const [row] = await tx
      .update(conversation)
      .set({ eventSeq: sql`${conversation.eventSeq} + ${count}` })
      .where(eq(conversation.id, conversationId))
      .returning({ last: conversation.eventSeq });
    if (!row) throw new Error("an event names a conversation that is not there");
    nextSeq.set(conversationId, row.last - count + 1);
  }
  const [cursor] = await tx
    .insert(workspaceCursor)
    .values({ workspaceId, last: events.length })
    .onConflictDoUpdate({ target: workspaceCursor.workspaceId, set: { last: sql`${workspaceCursor.last} + ${events.length}` } })
    .returning({ last: workspaceCursor.last });
  if (!cursor) throw new Error("the workspace's cursor was not raised");
  const first = cursor.last - events.length + 1;
  await tx.insert(event).values(
    events.map((body, position) => {
      const conversationId = conversationOf(body);
      const seq = conversationId === null ? null : take(nextSeq, conversationId);
      return { workspaceId, workspaceSeq: first + position, id: newId(), conversationId, seq, type: body.type, body };
    }),
  );
}

function conversationOf(body: EventBody): string | null {
  return "conversationId" in body ? body.conversationId : null;
}

function countByConversation(events: readonly EventBody[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const body of events) {
    const conversationId = conversationOf(body);
    if (conversationId !== null) counts.set(conversationId, (counts.get(conversationId) ?? 0) + 1);
  }
  return counts;
}

function take(numbers: Map<string, number>, key: string): number {
  const value = numbers.get(key);
  if (value === undefined) throw new Error("a number was not reserved");
  numbers.set(key, value + 1);
  return value;
}
