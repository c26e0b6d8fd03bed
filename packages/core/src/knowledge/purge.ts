/**
 * Files of what was deleted. The rows are gone with the commit; the files follow by a job, so that neither is forgotten.
 *
 * @module
 */
import { uploadSecondsMax } from "@axon/contracts/knowledge";
import type { WorkspaceCtx } from "../context.ts";

const keysPerJobMax = 1000;
/** After the last link to upload has run out, and a little more for clocks. */
const lateUploadsMs = (uploadSecondsMax + 300) * 1000;

/** Has the files removed after this commit. `cause` is the id of what was deleted. */
export function purgeLater(ws: WorkspaceCtx, cause: string, storageKeys: readonly string[]): void {
  for (let start = 0; start < storageKeys.length; start += keysPerJobMax) {
    const payload = { workspaceId: ws.workspaceId, storageKeys: storageKeys.slice(start, start + keysPerJobMax) };
    ws.enqueue("knowledge.purge", payload, { key: `purge-${cause}-${start}` });
    // Whoever got a link to upload before may still use it.
    ws.enqueue("knowledge.purge", payload, { key: `purge-${cause}-${start}-late`, delayMs: lateUploadsMs });
  }
}
