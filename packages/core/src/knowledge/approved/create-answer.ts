/**
 * A new approved answer: a document like any other, so that it is searched and cited, and the questions it is given for.
 *
 * @module
 */
import type { ApprovedAnswer, createAnswerInput } from "@axon/contracts/approved";
import { newId } from "@axon/db/ids";
import { approvedAnswer, document } from "@axon/db/schema/knowledge";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { once } from "../../internal/idempotency.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { queueIngest } from "../queue-ingest.ts";
import { requireSource } from "../sources/require-source.ts";
import { requireUploadRoom } from "../upload-room.ts";
import { storageKeyOf } from "../uploads.ts";
import { emitProgress } from "../view.ts";
import { documentName, documentText, embedLater, getAnswer, writeQuestions } from "./view.ts";

/** The input with what may be left out when it is taken from a message. */
export type NewAnswer = z.output<typeof createAnswerInput> & { questions: string[]; answer: string };

/** Refuses with `not_found` (the source), `invalid_state` for a source of another kind than `faq`, or `plan_limit`. */
export async function createAnswer(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "files">,
  workspaceId: string,
  input: NewAnswer,
  by: string | null,
): Promise<ApprovedAnswer> {
  await deps.inWorkspace(workspaceId, (ws) => requireFaq(ws, input.sourceId));
  const documentId = newId();
  const storageKey = storageKeyOf(workspaceId, documentId);
  const bytes = new TextEncoder().encode(documentText(input.questions, input.answer));
  // The file first: a row whose file is missing could never be read, a file without a row only takes a little room.
  await deps.files.write(storageKey, bytes, "text/plain");
  try {
    const made = await deps.inWorkspace(workspaceId, (ws) =>
      once(ws, { procedure: "knowledge.answers.create", input }, () =>
        insertAnswer(ws, input, by, { documentId, storageKey, bytes: bytes.length }),
      ),
    );
    if (made.documentId !== documentId) await deps.files.remove([storageKey]); // The same request again.
    return made;
  } catch (error) {
    // Only after a plain no: if it was the commit's answer that got lost, the row is there and needs its file.
    if (error instanceof Refusal) await deps.files.remove([storageKey]);
    throw error;
  }
}

async function insertAnswer(
  ws: WorkspaceCtx,
  input: NewAnswer,
  by: string | null,
  file: { documentId: string; storageKey: string; bytes: number },
): Promise<ApprovedAnswer> {
  const { workspaceId } = ws;
  const source = await requireFaq(ws, input.sourceId);
  await requireUploadRoom(ws, { documents: 1, bytes: file.bytes, bytesMore: file.bytes });
  const { sourceId, questions, answer, enabled, audience = source.audience, fromMessageId = null } = input;
  const [row] = await ws.tx
    .insert(document)
    .values({
      workspaceId,
      id: file.documentId,
      sourceId,
      name: documentName(questions),
      mime: "text/plain",
      bytes: file.bytes,
      storageKey: file.storageKey,
      status: "queued",
      audience,
      locale: source.locale,
      labels: source.labels,
    })
    .returning();
  if (!row) throw new Error("a document was not inserted");
  const id = newId();
  await ws.tx
    .insert(approvedAnswer)
    .values({ workspaceId, id, sourceId, documentId: row.id, questions, answer, enabled, fromMessageId, createdBy: by });
  await writeQuestions(ws, id, questions);
  await queueIngest(ws);
  emitProgress(ws, row);
  embedLater(ws, `${id}-new`);
  ws.audit({
    action: "approved_answer.created",
    target: { kind: "approved_answer", id },
    after: { sourceId, documentId: row.id, questions: questions.length, enabled, audience },
  });
  return getAnswer(ws, id);
}

async function requireFaq(ws: WorkspaceCtx, sourceId: string) {
  const source = await requireSource(ws, sourceId);
  if (source.kind !== "faq") throw new Refusal("invalid_state", "Approved answers stand in a source of kind faq", { kind: source.kind });
  return source;
}
