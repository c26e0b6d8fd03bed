/**
 * Asking for a document to be read.
 *
 * @module
 */
import type { WorkspaceCtx } from "../context.ts";
import type { DocumentRow } from "./view.ts";

/** Has this version of the document ingested. `cause` is part of the key: what asks again must name another. */
export function queueIngest(ws: WorkspaceCtx, row: Pick<DocumentRow, "id" | "version">, cause: string): void {
  ws.enqueue("knowledge.ingest", { workspaceId: ws.workspaceId, documentId: row.id }, { key: `ingest-${row.id}-${row.version}-${cause}` });
}
