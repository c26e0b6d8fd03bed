/**
 * The bytes of a document that is known by its address only: fetched as the first step of its ingestion, under its lease.
 *
 * @module
 */
import { sourcePage } from "@axon/db/schema/knowledge";
import { eq } from "drizzle-orm";
import type { KnowledgeDeps } from "../deps.ts";
import { updateHeld } from "../lease.ts";
import { requireUploadRoom } from "../upload-room.ts";
import type { DocumentRow } from "../view.ts";
import { hashOf, nameOf } from "./page-file.ts";

/** The page may be read, and its owner wants it in no index. By the name that the web's own errors have. */
class NotToBeKept extends Error {
  override readonly name = "WebError";
  readonly code = "noindex";
  readonly transient = false;
}

/** True for a document whose bytes nobody has fetched yet. */
export function isToBeFetched({ uri, bytes }: Pick<DocumentRow, "uri" | "bytes">): boolean {
  return uri !== null && bytes === 0;
}

/**
 * Puts the page where the document's file belongs and gives the row with its name, type and size. Refuses with `plan_limit`;
 * throws a `WebError` when the page can't be had, `LeaseLost` when the document is another worker's.
 */
export async function bringPage(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "files" | "web">,
  workspaceId: string,
  held: DocumentRow,
  signal: AbortSignal,
): Promise<DocumentRow> {
  const page = await deps.web.visit(signal).page(held.uri ?? "", { redirects: "follow" });
  if (page.kind !== "page") throw new Error("a page was asked for without a condition and was not given");
  if (page.noindex) throw new NotToBeKept("The page asks to be left out of every index.");
  const { etag, lastModified, bytes, mime } = page;
  const contentHash = hashOf(bytes);
  await deps.files.write(held.storageKey, bytes, mime);
  return deps.inWorkspace(workspaceId, async (ws) => {
    await requireUploadRoom(ws, { documents: 0, bytes: bytes.length, bytesMore: bytes.length });
    await ws.tx.update(sourcePage).set({ etag, lastModified, contentHash }).where(eq(sourcePage.documentId, held.id));
    return updateHeld(ws, held, { name: nameOf(page), mime, bytes: bytes.length });
  });
}
