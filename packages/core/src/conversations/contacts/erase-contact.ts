/**
 * Forgetting a person: what they said, what was said to them, their files, and the copies of their words elsewhere. What stays
 * is an empty contact, so that its id leads nowhere for good, and the count of what went.
 *
 * The order is one commit, from which on the contact is nobody: no name leads to it, its visits have ended, and nothing new can
 * be hung on it. The rest goes in steps, each a commit of its own that notes what it removed, so a worker that is killed loses
 * nothing and the next goes on.
 *
 * @module
 */
import type { Erasure } from "@axon/contracts/contacts";
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { newId } from "@axon/db/ids";
import { attachment, contactIdentity, erasure } from "@axon/db/schema/contacts";
import { contact, conversation } from "@axon/db/schema/conversations";
import { workspace } from "@axon/db/schema/workspaces";
import { countConversationRows, removeConversations } from "@axon/db/talks";
import { and, asc, eq, inArray, isNull, or, sql } from "drizzle-orm";
import type { InWorkspace, WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import { attachmentKeys, purgeAttachmentFiles } from "../../internal/attachment-files.ts";
import type { FileStore } from "../../knowledge/index.ts";
import { removeCopies } from "./erase-copies.ts";
import { addCounts, type Counts, type ErasureRow, toErasure } from "./erasures.ts";
import { noDetails } from "./names.ts";

export interface EraseDeps {
  inWorkspace: InWorkspace;
  files: Pick<FileStore, "remove">;
}

/** Conversations of one commit. */
const batchMax = 20;
/** Steps that a call does itself, before it leaves the rest to the job. */
const stepsInCall = 10;
/** Names of a person that are looked for in copies, and how long they must be to mean nobody else. */
const wordsMax = 200;
const wordCharsMin = 6;

/**
 * Orders the erasure, does as much of it as goes quickly, and gives where it stands: `doneAt` is null while a job does the rest.
 * Again, it gives the same erasure. Refuses with `not_found`, and with `invalid_state` under legal hold.
 */
export async function eraseContact(deps: EraseDeps, workspaceId: string, contactId: string): Promise<Erasure> {
  const ordered = await deps.inWorkspace(workspaceId, (ws) => orderErasure(ws, contactId));
  if (ordered.doneAt !== null) return toErasure(ordered);
  let more = true;
  try {
    for (let steps = 0; more && steps < stepsInCall; steps += 1) more = await eraseStep(deps, workspaceId, ordered.id);
  } catch {
    // The order stands, and its job goes on where this stopped and reports what stops it.
  }
  return deps.inWorkspace(workspaceId, async (ws) => toErasure(await readRow(ws, ordered.id)));
}

/** What the job does: all that is left to do. Under legal hold it waits for somebody to order it again. */
export async function continueErasure(
  deps: EraseDeps,
  { workspaceId, erasureId }: JobPayload<"contact.erase">,
  { signal }: Pick<JobRun, "signal">,
): Promise<void> {
  while (await eraseStep(deps, workspaceId, erasureId)) signal.throwIfAborted();
}

async function orderErasure(ws: WorkspaceCtx, contactId: string): Promise<ErasureRow> {
  const [asked] = await ws.tx.select({ id: contact.id, mergedInto: contact.mergedInto }).from(contact).where(eq(contact.id, contactId));
  if (!asked) throw notFound("contact");
  const id = asked.mergedInto ?? asked.id;
  const [held] = await ws.tx.select().from(contact).where(eq(contact.id, id)).for("update");
  if (!held || held.mergedInto !== null) throw notFound("contact");
  await requireNoHold(ws);
  if (held.erasedAt !== null) return orderedBefore(ws, id);
  const words = await wordsOf(ws, held);
  const names = await ws.tx.delete(contactIdentity).where(eq(contactIdentity.contactId, id)).returning({ id: contactIdentity.id });
  const merged = await ws.tx
    .update(contact)
    .set({ ...noDetails, erasedAt: sql`now()` })
    .where(or(eq(contact.id, id), eq(contact.mergedInto, id)))
    .returning({ id: contact.id });
  const copies = await removeCopies(ws, { conversationIds: [], words });
  const [row] = await ws.tx
    .insert(erasure)
    .values({
      workspaceId: ws.workspaceId,
      id: newId(),
      contactId: id,
      orderedKind: ws.caller.kind,
      orderedBy: ws.caller.id,
      report: { removed: addCounts({ contact: merged.length, contact_identity: names.length }, copies), left: null },
    })
    .returning();
  if (!row) throw new Error("an erasure was not inserted");
  ws.enqueue("contact.erase", { workspaceId: ws.workspaceId, erasureId: row.id }, { key: `erase-${row.id}` });
  ws.audit({ action: "contact.erasure_ordered", target: { kind: "contact", id }, after: { erasureId: row.id } });
  ws.emit({ type: "contact.updated", contactId: id, change: "erased" });
  return row;
}

/** By what their words would be known in a copy of them. */
async function wordsOf(ws: WorkspaceCtx, held: typeof contact.$inferSelect): Promise<string[]> {
  const names = await ws.tx
    .select({ value: contactIdentity.value })
    .from(contactIdentity)
    .where(eq(contactIdentity.contactId, held.id))
    .limit(wordsMax);
  const said = [held.name, held.email, held.phone, ...names.map(({ value }) => value)];
  return [...new Set(said.flatMap((word) => word?.trim().toLowerCase() ?? []))].filter((word) => word.length >= wordCharsMin);
}

/** One that has stopped goes on. */
async function orderedBefore(ws: WorkspaceCtx, contactId: string): Promise<ErasureRow> {
  const [row] = await ws.tx.select().from(erasure).where(eq(erasure.contactId, contactId));
  if (!row) throw new Error("a contact was erased without an order");
  if (row.doneAt === null) ws.enqueue("contact.erase", { workspaceId: ws.workspaceId, erasureId: row.id }, { key: `erase-${newId()}` });
  return row;
}

async function requireNoHold(ws: WorkspaceCtx): Promise<void> {
  if (await isHeld(ws)) throw new Refusal("invalid_state", "This workspace is under legal hold: nothing may be removed");
}

async function isHeld(ws: WorkspaceCtx): Promise<boolean> {
  const [row] = await ws.tx.select({ hold: workspace.legalHold }).from(workspace).where(eq(workspace.id, ws.workspaceId)).for("share");
  return row?.hold !== false;
}

/** True when there may be more to do. */
async function eraseStep(deps: EraseDeps, workspaceId: string, erasureId: string): Promise<boolean> {
  // The files first: once their rows are gone nobody knows where they lay.
  const keys = await deps.inWorkspace(workspaceId, (ws) => nextFiles(ws, erasureId));
  if (keys === null) return false;
  await deps.files.remove(keys);
  return deps.inWorkspace(workspaceId, (ws) => removeBatch(ws, erasureId));
}

async function nextFiles(ws: WorkspaceCtx, erasureId: string): Promise<string[] | null> {
  const { doneAt, contactId } = await readRow(ws, erasureId);
  if (doneAt !== null || (await isHeld(ws))) return null;
  const people = await everyIdOf(ws, contactId);
  const rows = await ws.tx
    .select({ id: attachment.id })
    .from(attachment)
    .where(theirFiles(await nextTalks(ws, people), people));
  return attachmentKeys(
    ws.workspaceId,
    rows.map(({ id }) => id),
  );
}

async function removeBatch(ws: WorkspaceCtx, erasureId: string): Promise<boolean> {
  const row = await readRow(ws, erasureId, true);
  if (row.doneAt !== null || (await isHeld(ws))) return false;
  const people = await everyIdOf(ws, row.contactId);
  const talks = await nextTalks(ws, people, true);
  const files = await ws.tx.delete(attachment).where(theirFiles(talks, people)).returning({ id: attachment.id });
  // Whoever got a link to upload before may still use it.
  purgeAttachmentFiles(
    ws,
    files[0]?.id ?? row.id,
    files.map(({ id }) => id),
  );
  const copies = await removeCopies(ws, { conversationIds: talks, words: [] });
  const removed = await removeConversations(ws.tx, talks);
  const counts = addCounts(row.report.removed, copies, removed, { attachment: files.length, files: files.length });
  const left = await countConversationRows(ws.tx, talks);
  if (Object.keys(left).length > 0) throw new Error(`conversations are not gone: ${JSON.stringify(left)} left`);
  const more = talks.length === batchMax || (await ws.tx.$count(conversation, inArray(conversation.contactId, [...people]))) > 0;
  if (more) await note(ws, row, counts);
  else await finish(ws, row, counts, people);
  return more;
}

async function note(ws: WorkspaceCtx, row: ErasureRow, removed: Counts): Promise<void> {
  await ws.tx
    .update(erasure)
    .set({ report: { removed, left: null } })
    .where(eq(erasure.id, row.id));
}

/** Looks once more. Throws when anything is left, to be tried again. */
async function finish(ws: WorkspaceCtx, row: ErasureRow, removed: Counts, people: readonly string[]): Promise<void> {
  const left = {
    conversations: 0,
    identities: await ws.tx.$count(contactIdentity, inArray(contactIdentity.contactId, [...people])),
    files: await ws.tx.$count(attachment, theirFiles([], people)),
  };
  if (Object.values(left).some((count) => count > 0)) throw new Error(`an erased contact is not gone yet: ${JSON.stringify(left)} left`);
  await ws.tx.update(erasure).set({ report: { removed, left }, doneAt: sql`now()` }).where(eq(erasure.id, row.id));
  ws.audit({ action: "contact.erased", target: { kind: "contact", id: row.contactId }, after: { erasureId: row.id, removed, left } });
}

/** The contact's own id and those that were merged into it. */
async function everyIdOf(ws: WorkspaceCtx, contactId: string): Promise<string[]> {
  const rows = await ws.tx
    .select({ id: contact.id })
    .from(contact)
    .where(or(eq(contact.id, contactId), eq(contact.mergedInto, contactId)));
  return rows.map(({ id }) => id);
}

async function nextTalks(ws: WorkspaceCtx, people: readonly string[], hold = false): Promise<string[]> {
  const query = ws.tx
    .select({ id: conversation.id })
    .from(conversation)
    .where(inArray(conversation.contactId, [...people]))
    .orderBy(asc(conversation.id))
    .limit(batchMax);
  return (await (hold ? query.for("update") : query)).map(({ id }) => id);
}

/** Of these conversations, and what a visitor had announced and not sent. */
function theirFiles(talks: readonly string[], people: readonly string[]) {
  const waiting = and(isNull(attachment.messageId), eq(attachment.senderKind, "visitor"), inArray(attachment.senderId, [...people]));
  return talks.length === 0 ? waiting : or(waiting, inArray(attachment.conversationId, [...talks]));
}

async function readRow(ws: WorkspaceCtx, erasureId: string, hold = false): Promise<ErasureRow> {
  const query = ws.tx.select().from(erasure).where(eq(erasure.id, erasureId));
  const [row] = await (hold ? query.for("update") : query);
  if (!row) throw notFound("erasure");
  return row;
}
