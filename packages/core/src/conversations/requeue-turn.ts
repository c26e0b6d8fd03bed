/**
 * Picking up turns that nobody works on any more.
 *
 * @module
 */
import { turn } from "@axon/db/schema/conversations";
import type { WorkspaceCtx } from "../context.ts";
import { queueReply, readyTurn } from "./turns.ts";

/** Calls within the same ten seconds are one job, so that several sweepers do not pile up work. */
const bucketMs = 10_000;

/** Queues the turn again if it is due and its worker, if it had one, has not been heard of. */
export async function requeueTurn(ws: WorkspaceCtx, turnId: string, nowMs: number = Date.now()): Promise<void> {
  const [row] = await ws.tx.select({ attempts: turn.attempts }).from(turn).where(readyTurn(turnId));
  if (row) queueReply(ws, turnId, `again-${row.attempts}-${Math.floor(nowMs / bucketMs)}`, 0);
}
