/**
 * Whether a workspace's plan leaves room for a file.
 *
 * @module
 */
import type { WorkspaceCtx } from "../context.ts";
import { requireRoom, requireSize } from "../internal/plan-limits.ts";

/** How many documents a file adds, how large it is, and how many bytes more than before that makes. Refuses with `plan_limit`. */
export async function requireUploadRoom(
  ws: WorkspaceCtx,
  { documents, bytes, bytesMore }: { documents: 0 | 1; bytes: number; bytesMore: number },
): Promise<void> {
  await requireSize(ws, "uploadBytesMax", bytes);
  if (documents > 0) await requireRoom(ws, "documentsMax", documents);
  if (bytesMore > 0) await requireRoom(ws, "storageBytesMax", bytesMore);
}
