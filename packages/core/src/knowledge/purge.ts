/**
 * Files of what was deleted. The rows are gone with the commit; the files follow by a job, so that neither is forgotten.
 *
 * @module
 */
import type { WorkspaceCtx } from "../context.ts";

const keysPerJobMax = 1000;

/** Has the files removed after this commit. `cause` is the id of what was deleted. */
export function purgeLater(ws: WorkspaceCtx, cause: string, storageKeys: readonly string[]): void {
  for (let start = 0; start < storageKeys.length; start += keysPerJobMax) {
    ws.enqueue(
      "knowledge.purge",
      { workspaceId: ws.workspaceId, storageKeys: storageKeys.slice(start, start + keysPerJobMax) },
      { key: `purge-${cause}-${start}` },
    );
  }
}
