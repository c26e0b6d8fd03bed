/**
 * Uploads that were announced and never came.
 *
 * @module
 */
import { document } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { purgeLater } from "./purge.ts";

/** Far longer than a link to upload lasts. */
const waitHoursMax = 24;

/** Removes the document if its bytes were waited for in vain, with what may lie in its place. Twice is once. */
export async function dropUpload(ws: WorkspaceCtx, documentId: string): Promise<void> {
  const [gone] = await ws.tx
    .delete(document)
    .where(
      and(
        eq(document.id, documentId),
        eq(document.status, "uploading"),
        sql`${document.updatedAt} < now() - ${waitHoursMax} * interval '1 hour'`,
      ),
    )
    .returning({ storageKey: document.storageKey });
  if (gone) purgeLater(ws, documentId, [gone.storageKey]);
}
