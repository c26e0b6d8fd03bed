/**
 * Files on their way into a conversation: a place to put the bytes, and the look at them when they are there.
 *
 * @module
 */
import {
  type AttachedFile,
  type AttachmentMime,
  attachmentMimes,
  attachmentsWaitingMax,
  attachmentTypes,
  type CreateAttachmentInput,
  type CreatedAttachment,
} from "@axon/contracts/attachments";
import { uploadSecondsMax } from "@axon/contracts/knowledge";
import { newId } from "@axon/db/ids";
import { attachment } from "@axon/db/schema/contacts";
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import { attachmentKey, incomingKey, purgeAttachmentFiles } from "../../internal/attachment-files.ts";
import { requireRoom } from "../../internal/plan-limits.ts";
import type { FileStore } from "../../knowledge/index.ts";
import { readConversation } from "../view.ts";
import { looksLike } from "./looks-like.ts";

export type AttachmentRow = typeof attachment.$inferSelect;

/** A verb's way into the sender's workspace, as the sender. */
type Run = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => Promise<Result>;

type Announced = Omit<CreateAttachmentInput, "conversationId"> & {
  /** Null for a visitor, who may send their first message with it. */
  conversationId: string | null;
};

/**
 * Notes the file that the caller is going to send. Refuses with `not_found` (the conversation), `unsupported_type`, with
 * `plan_limit` when the workspace has no room, and with `rate_limited` when 50 files of the caller wait to be sent already.
 */
export async function announceAttachment(ws: WorkspaceCtx, input: Announced): Promise<AttachmentRow> {
  const { name, bytes } = input;
  const mime = resolveMime(input.mime, name);
  const conversationId = input.conversationId === null ? null : (await readConversation(ws, input.conversationId)).id;
  await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${ws.workspaceId}:files:${ws.caller.id}`}, 0))`);
  const waiting = await ws.tx.$count(attachment, and(ofCaller(ws), isNull(attachment.messageId)));
  if (waiting >= attachmentsWaitingMax) {
    throw new Refusal("rate_limited", `At most ${attachmentsWaitingMax} files may wait to be sent`, { retryAfterMs: 60_000 });
  }
  await requireRoom(ws, "storageBytesMax", bytes);
  const { kind, id: senderId } = ws.caller;
  const [row] = await ws.tx
    .insert(attachment)
    .values({ workspaceId: ws.workspaceId, id: newId(), conversationId, senderKind: kind, senderId, name, mime, bytes })
    .returning();
  if (!row) throw new Error("an attachment was not inserted");
  return row;
}

/** The one PUT that takes its bytes. */
export async function uploadPlace(files: Pick<FileStore, "presignPut">, row: AttachmentRow): Promise<CreatedAttachment> {
  const { workspaceId, id, mime, bytes } = row;
  const place = await files.presignPut({ key: incomingKey(workspaceId, id), mime, bytes, expiresInSeconds: uploadSecondsMax });
  return { attachmentId: id, ...place };
}

/**
 * Looks at the bytes: they must be there, as many as announced, and of the type that was announced; then the file is copied to
 * where no upload link leads. Refuses with `not_found` (also for another's), `upload_missing`, `upload_mismatch`, and with
 * `unsupported_type`, after which nothing is left of it. Twice is once.
 */
export async function completeAttachment(
  files: Pick<FileStore, "head" | "read" | "write">,
  run: Run,
  attachmentId: string,
): Promise<AttachedFile> {
  const row = await run((ws) => readOwn(ws, attachmentId));
  if (row.state === "ready") return toAttachedFile(row);
  const { workspaceId, id, mime, bytes: announced } = row;
  const stored = await files.head(incomingKey(workspaceId, id));
  if (!stored) throw new Refusal("upload_missing", "The file has not been uploaded yet");
  if (stored.bytes !== announced) {
    const details = { announced, uploaded: stored.bytes };
    throw new Refusal("upload_mismatch", `The upload has ${stored.bytes} bytes, ${announced} were announced`, details);
  }
  const bytes = await files.read(incomingKey(workspaceId, id), announced);
  if (!looksLike(mime, bytes)) {
    await run((ws) => drop(ws, id));
    throw new Refusal("unsupported_type", `The file is not what it was announced as, ${mime}`, { fields: { mime: "is another type" } });
  }
  await files.write(attachmentKey(workspaceId, id), bytes, mime);
  const ready = await run((ws) => setReady(ws, id));
  if (ready === null) throw notFound("attachment");
  return ready;
}

async function setReady(ws: WorkspaceCtx, attachmentId: string): Promise<AttachedFile | null> {
  const [row] = await ws.tx
    .update(attachment)
    .set({ state: "ready" })
    .where(and(eq(attachment.id, attachmentId), ofCaller(ws)))
    .returning();
  if (row) return toAttachedFile(row);
  // Swept or erased while we looked: its file must not stay.
  purgeAttachmentFiles(ws, newId(), [attachmentId]);
  return null;
}

async function drop(ws: WorkspaceCtx, attachmentId: string): Promise<void> {
  const gone = await ws.tx
    .delete(attachment)
    .where(and(eq(attachment.id, attachmentId), eq(attachment.state, "uploading")))
    .returning({ id: attachment.id });
  if (gone.length > 0) purgeAttachmentFiles(ws, attachmentId, [attachmentId]);
}

/** Refuses with `not_found` what somebody else sends. */
async function readOwn(ws: WorkspaceCtx, attachmentId: string): Promise<AttachmentRow> {
  const [row] = await ws.tx
    .select()
    .from(attachment)
    .where(and(eq(attachment.id, attachmentId), ofCaller(ws)));
  if (!row) throw notFound("attachment");
  return row;
}

/** What the caller of this verb has announced. */
export function ofCaller({ caller }: Pick<WorkspaceCtx, "caller">): SQL | undefined {
  return and(eq(attachment.senderKind, caller.kind), caller.id === null ? isNull(attachment.senderId) : eq(attachment.senderId, caller.id));
}

export function toAttachedFile({ id, name, mime, bytes }: AttachmentRow): AttachedFile {
  return { id, name, mime, bytes };
}

/** The declared type if we take it, else what the name's ending says; browsers often send octet-stream or nothing better. */
function resolveMime(declared: string, name: string): AttachmentMime {
  const plain = declared.split(";")[0]?.trim().toLowerCase() ?? "";
  const known = attachmentMimes.find((mime) => mime === plain);
  if (known) return known;
  const ending = name.split(".").at(-1)?.toLowerCase() ?? "";
  const vague = plain === "" || plain === "application/octet-stream";
  // safe: widened to compare
  const meant = vague ? attachmentMimes.find((mime) => (attachmentTypes[mime] as readonly string[]).includes(ending)) : undefined;
  if (meant) return meant;
  throw new Refusal(
    "unsupported_type",
    `Files of type ${plain || "unknown"} can't be sent; use ${Object.values(attachmentTypes).flat().join(", ")}`,
    { fields: { mime: "is not a type that can be sent" } },
  );
}
