/**
 * Asking for a document to be read.
 *
 * @module
 */
import type { WorkspaceCtx } from "../context.ts";
import type { DocumentRow } from "./view.ts";

/** Has this version of the document ingested. The attempt is part of the key, so that the sweeper's call is a new job. */
export function queueIngest(ws: WorkspaceCtx, row: Pick<DocumentRow, "id" | "version" | "attempts">): void {
  ws.enqueue("knowledge.ingest", { workspaceId: ws.workspaceId, documentId: row.id }, { key: `ingest-${row.id}-${row.version}-${row.attempts}` });
}
