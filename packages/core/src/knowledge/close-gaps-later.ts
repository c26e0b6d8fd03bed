/**
 * New knowledge may answer what was asked in vain: whoever publishes some has those questions looked at again.
 *
 * @module
 */
import { questionGap } from "@axon/db/schema/evaluation";
import { eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";

/** Documents that are published within the same ten seconds are looked at together, a little after. */
const bucketMs = 10_000;
const marginMs = 2_000;

/** Nothing to do without open questions. */
export async function closeGapsLater(ws: WorkspaceCtx, documentId: string, nowMs: number = Date.now()): Promise<void> {
  const [open] = await ws.tx.select({ id: questionGap.id }).from(questionGap).where(eq(questionGap.state, "open")).limit(1);
  if (!open) return;
  const bucket = Math.floor(nowMs / bucketMs);
  const delayMs = (bucket + 1) * bucketMs - nowMs + marginMs;
  ws.enqueue(
    "analytics.close-gaps",
    { workspaceId: ws.workspaceId, documentId },
    { key: `close-gaps-${ws.workspaceId}-${bucket}`, delayMs },
  );
}
