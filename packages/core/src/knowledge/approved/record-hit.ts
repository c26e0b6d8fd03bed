/**
 * Writing down that an approved answer was given to a customer: with the reply's own commit, once for a turn.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import { approvedAnswer, approvedAnswerHit } from "@axon/db/schema/knowledge";
import { eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";

/** `score` is how sure it was that both questions are the same. An answer that was deleted meanwhile is not counted. */
export async function recordApprovedHit(
  ws: WorkspaceCtx,
  hit: { answerId: string; turnId: string; question: string; score: number },
): Promise<void> {
  const [held] = await ws.tx
    .select({ id: approvedAnswer.id })
    .from(approvedAnswer)
    .where(eq(approvedAnswer.id, hit.answerId))
    .for("update");
  if (!held) return;
  const fresh = await ws.tx
    .insert(approvedAnswerHit)
    .values({ workspaceId: ws.workspaceId, id: newId(), ...hit })
    .onConflictDoNothing()
    .returning({ id: approvedAnswerHit.id });
  if (fresh.length === 0) return;
  await ws.tx
    .update(approvedAnswer)
    .set({ hits: sql`${approvedAnswer.hits} + 1`, lastHitAt: sql`now()` })
    .where(eq(approvedAnswer.id, hit.answerId));
}
