/**
 * Removing a source.
 *
 * @module
 */
import { document, knowledgeSource } from "@axon/db/schema/knowledge";
import { eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { purgeLater } from "../purge.ts";
import { queueIngest } from "../queue-ingest.ts";
import { planIndexing } from "../retrieval/index-workspace.ts";
import { readSource } from "./view.ts";

/** Removes a source with all its documents; none of them is found by the next search. Refuses with `not_found`. */
export async function deleteSource(ws: WorkspaceCtx, sourceId: string): Promise<void> {
  // Held first, so that no document is added between the list of its files and its end.
  const { name } = await readSource(ws, sourceId, { hold: true });
  const files = await ws.tx
    .select({ key: document.storageKey, pending: document.pendingUpload })
    .from(document)
    .where(eq(document.sourceId, sourceId));
  await ws.tx.delete(knowledgeSource).where(eq(knowledgeSource.id, sourceId));
  purgeLater(
    ws,
    sourceId,
    files.flatMap((file) => (file.pending ? [file.key, file.pending.storageKey] : [file.key])),
  );
  await queueIngest(ws);
  await planIndexing(ws);
  ws.audit({ action: "source.deleted", target: { kind: "source", id: sourceId }, before: { name, documents: files.length } });
}
