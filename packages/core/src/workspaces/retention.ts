/**
 * Removing by age what a workspace does not want to keep: quiet conversations with all that hangs on them, people nobody
 * talks to any more, old documents with their chunks, vectors and files.
 *
 * Each batch is a commit that asks for the settings anew, so that a legal hold stops it between two batches, and that says
 * in the audit log what went. Called again, it finds what is left.
 *
 * @module
 */
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { contact, conversation, message } from "@axon/db/schema/conversations";
import { document } from "@axon/db/schema/knowledge";
import { idempotency, workspace } from "@axon/db/schema/workspaces";
import { and, eq, inArray, isNull, notExists, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { InWorkspace, WorkspaceCtx } from "../context.ts";
import { purgeFilesOfConversations } from "../internal/attachment-files.ts";

/** Rows of one commit, not counting what goes with them. */
const batchMax = 200;

/** What one commit removed, by kind. */
type Removed = Record<string, number>;

interface Ages {
  conversationsDays: number | null;
  documentsDays: number | null;
}

/** Calls within the same hour are one job, so that several sweepers do not pile up work. */
const bucketMs = 3_600_000;

/** Has the workspace looked through. */
export function queueRetention(ws: WorkspaceCtx, nowMs: number = Date.now()): void {
  const key = `retain-${ws.workspaceId}-${Math.floor(nowMs / bucketMs)}`;
  ws.enqueue("workspace.retain", { workspaceId: ws.workspaceId }, { key });
}

/** Removes everything that is too old, batch by batch. Nothing under legal hold, and nothing of a workspace that is deleted. */
export async function retainWorkspace(
  { inWorkspace }: { inWorkspace: InWorkspace },
  { workspaceId }: JobPayload<"workspace.retain">,
  { signal }: Pick<JobRun, "signal">,
): Promise<void> {
  for (const step of [removeConversations, removeContacts, removeAnswers, removeDocuments]) {
    while (await inWorkspace(workspaceId, (ws) => removeBatch(ws, step))) signal.throwIfAborted();
  }
}

/** True when there may be more. */
async function removeBatch(ws: WorkspaceCtx, step: (ws: WorkspaceCtx, ages: Ages) => Promise<Removed>): Promise<boolean> {
  const [ages] = await ws.tx
    .select({ conversationsDays: workspace.retainConversationsDays, documentsDays: workspace.retainDocumentsDays })
    .from(workspace)
    .where(and(eq(workspace.id, ws.workspaceId), eq(workspace.legalHold, false), isNull(workspace.deletedAt)))
    .for("share");
  if (!ages) return false;
  const removed = await step(ws, ages);
  const most = Math.max(...Object.values(removed), 0);
  if (most > 0) ws.audit({ action: "retention.applied", target: { kind: "workspace", id: ws.workspaceId }, after: removed });
  return most >= batchMax;
}

/** Messages, turns, traces, events and files go with their conversation. One that somebody writes in just now is passed over. */
async function removeConversations(ws: WorkspaceCtx, { conversationsDays: days }: Ages): Promise<Removed> {
  if (days === null) return {};
  const old = await ws.tx
    .select({ id: conversation.id })
    .from(conversation)
    .where(olderThan(conversation.lastMessageAt, days))
    .orderBy(conversation.lastMessageAt)
    .limit(batchMax)
    .for("update", { skipLocked: true });
  const ids = old.map(({ id }) => id);
  await purgeFilesOfConversations(ws, ids);
  // Replies point at their turns, so they go before them, and not in whatever order a cascade takes.
  const messages = await ws.tx.delete(message).where(inArray(message.conversationId, ids)).returning({ id: message.id });
  await ws.tx.delete(conversation).where(inArray(conversation.id, ids));
  return counted({ conversations: ids.length, messages: messages.length });
}

/** People as old as that, with whom no conversation is left. */
async function removeContacts(ws: WorkspaceCtx, { conversationsDays: days }: Ages): Promise<Removed> {
  if (days === null) return {};
  const theirs = ws.tx.select({ id: conversation.id }).from(conversation).where(sql`${conversation.contactId} = ${contact.id}`);
  const old = await ws.tx
    .select({ id: contact.id })
    .from(contact)
    .where(and(olderThan(contact.createdAt, days), notExists(theirs)))
    .limit(batchMax)
    .for("update", { skipLocked: true });
  await ws.tx.delete(contact).where(
    inArray(
      contact.id,
      old.map(({ id }) => id),
    ),
  );
  return counted({ contacts: old.length });
}

/** Answers kept for callers who ask twice may repeat what was written in a conversation. */
async function removeAnswers(ws: WorkspaceCtx, { conversationsDays: days }: Ages): Promise<Removed> {
  if (days === null) return {};
  const gone = await ws.tx.execute<{ key: string }>(sql`
    delete from ${idempotency} where ctid = any(array(
      select ctid from ${idempotency} where ${olderThan(idempotency.createdAt, days)} limit ${batchMax}))
    returning key`);
  return counted({ answers: gone.length });
}

/** Chunks and vectors go with their document, and its file by a job. */
async function removeDocuments(ws: WorkspaceCtx, { documentsDays: days }: Ages): Promise<Removed> {
  if (days === null) return {};
  const old = await ws.tx
    .select({ id: document.id, storageKey: document.storageKey, pending: document.pendingUpload, chunks: document.chunkCount })
    .from(document)
    .where(olderThan(document.createdAt, days))
    .orderBy(document.createdAt)
    .limit(batchMax)
    .for("update", { skipLocked: true });
  const [first] = old;
  if (!first) return {};
  await ws.tx.delete(document).where(
    inArray(
      document.id,
      old.map(({ id }) => id),
    ),
  );
  const storageKeys = old.flatMap(({ storageKey, pending }) => [storageKey, ...(pending ? [pending.storageKey] : [])]);
  ws.enqueue("knowledge.purge", { workspaceId: ws.workspaceId, storageKeys }, { key: `purge-aged-${first.id}` });
  return counted({ documents: old.length, chunks: old.reduce((sum, { chunks }) => sum + chunks, 0) });
}

function olderThan(at: AnyPgColumn, days: number): SQL {
  return sql`${at} < now() - ${days} * interval '1 day'`;
}

/** Nothing is said of what nothing went of. */
function counted(removed: Removed): Removed {
  return Object.fromEntries(Object.entries(removed).filter(([, count]) => count > 0));
}
