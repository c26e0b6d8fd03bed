/**
 * Changing and deleting approved answers. The next question meets the answer as it is then; its text in the search follows
 * when its document has been read again.
 *
 * @module
 */
import type { ApprovedAnswer, updateAnswerInput } from "@axon/contracts/approved";
import { newId } from "@axon/db/ids";
import { approvedAnswer, chunk, document } from "@axon/db/schema/knowledge";
import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { nextVersion } from "../next-version.ts";
import { purgeLater } from "../purge.ts";
import { queueIngest } from "../queue-ingest.ts";
import { requireUploadRoom } from "../upload-room.ts";
import { emitProgress, holdDocument } from "../view.ts";
import { type AnswerRow, documentName, documentText, embedLater, getAnswer, writeQuestions } from "./view.ts";

/** Refuses with `not_found`, or `conflict` when somebody else changed its text in the same moment. */
export async function updateAnswer(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "files">,
  workspaceId: string,
  input: z.output<typeof updateAnswerInput>,
): Promise<ApprovedAnswer> {
  const before = await deps.inWorkspace(workspaceId, (ws) => getAnswer(ws, input.answerId));
  const { questions = before.questions, answer = before.answer } = input;
  const text = documentText(questions, answer);
  const rewritten = text !== documentText(before.questions, before.answer) || documentName(questions) !== documentName(before.questions);
  if (!rewritten) return deps.inWorkspace(workspaceId, (ws) => change(ws, input, before, null));
  // A place of its own: two who write at once must not write over each other.
  const storageKey = `${workspaceId}/${before.documentId}/${newId()}`;
  const bytes = new TextEncoder().encode(text);
  await deps.files.write(storageKey, bytes, "text/plain");
  try {
    return await deps.inWorkspace(workspaceId, (ws) => change(ws, input, before, { storageKey, bytes: bytes.length }));
  } catch (error) {
    if (error instanceof Refusal) await deps.files.remove([storageKey]);
    throw error;
  }
}

/** Refuses with `not_found`. */
export async function deleteAnswer(ws: WorkspaceCtx, answerId: string): Promise<void> {
  const { documentId } = await getAnswer(ws, answerId);
  await lockAnswer(ws, answerId, documentId);
  // And the answer with it. Not as a document is deleted by itself: its name is what somebody has asked.
  const [gone] = await ws.tx.delete(document).where(eq(document.id, documentId)).returning({ storageKey: document.storageKey });
  if (!gone) throw new Error("an approved answer has no document");
  purgeLater(ws, documentId, [gone.storageKey]);
  await queueIngest(ws);
  ws.audit({ action: "approved_answer.deleted", target: { kind: "approved_answer", id: answerId }, before: { documentId } });
}

/** The document first, as whoever settles a reply does that cites it: two who lock in different orders would wait for each other. */
async function lockAnswer(ws: WorkspaceCtx, answerId: string, documentId: string): Promise<AnswerRow> {
  await holdDocument(ws, documentId);
  const [row] = await ws.tx.select().from(approvedAnswer).where(eq(approvedAnswer.id, answerId)).for("update");
  if (!row) throw notFound("approved answer");
  return row;
}

async function change(
  ws: WorkspaceCtx,
  input: z.output<typeof updateAnswerInput>,
  before: ApprovedAnswer,
  file: { storageKey: string; bytes: number } | null,
): Promise<ApprovedAnswer> {
  const held = await lockAnswer(ws, input.answerId, before.documentId);
  if (held.updatedAt !== before.updatedAt) throw new Refusal("conflict", "This answer was changed in the same moment: try again");
  const { questions = held.questions, answer = held.answer, enabled = held.enabled, audience = before.audience } = input;
  await ws.tx
    .update(approvedAnswer)
    // Never the same moment twice, which is what tells two changes apart.
    .set({ questions, answer, enabled, updatedAt: sql`greatest(now(), ${approvedAnswer.updatedAt} + interval '1 millisecond')` })
    .where(eq(approvedAnswer.id, held.id));
  if (audience !== before.audience) {
    await ws.tx.update(document).set({ audience }).where(eq(document.id, held.documentId));
    await ws.tx.update(chunk).set({ audience }).where(eq(chunk.documentId, held.documentId));
  }
  if (file !== null) await readAgain(ws, held.documentId, documentName(questions), file);
  if (JSON.stringify(questions) !== JSON.stringify(held.questions)) {
    await writeQuestions(ws, held.id, questions);
    embedLater(ws, `${held.id}-${Date.parse(held.updatedAt)}`);
  }
  const changed = Object.keys(input).filter((name) => name !== "answerId");
  ws.audit({ action: "approved_answer.updated", target: { kind: "approved_answer", id: held.id }, after: { changed, enabled, audience } });
  return getAnswer(ws, held.id);
}

/** A new version of its document; the one before is searched until that has been read. */
async function readAgain(ws: WorkspaceCtx, documentId: string, name: string, file: { storageKey: string; bytes: number }): Promise<void> {
  const before = await holdDocument(ws, documentId);
  await requireUploadRoom(ws, { documents: 0, bytes: file.bytes, bytesMore: Math.max(0, file.bytes - before.bytes) });
  const [row] = await ws.tx
    .update(document)
    .set({ ...nextVersion(before), ...file, name })
    .where(eq(document.id, documentId))
    .returning();
  if (!row) throw new Error("a document vanished that was held");
  purgeLater(ws, `${documentId}-${before.version}`, [before.storageKey]);
  emitProgress(ws, row);
  await queueIngest(ws);
}
