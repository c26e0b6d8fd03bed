/**
 * Keeping a question that nothing answered, with the commit that ends its turn. Which others ask the same is found out later.
 *
 * @module
 */
import type { AnswerResult } from "@axon/ai/answer";
import type { HandoffReason } from "@axon/contracts/answers";
import { newId } from "@axon/db/ids";
import { questionGap } from "@axon/db/schema/evaluation";
import type { WorkspaceCtx } from "../context.ts";
import type { ClaimedTurn } from "./claim-turn.ts";

/** Reasons that say: the knowledge lacks something. (A customer who asks for a person, a switch or an outage does not.) */
const lacking: readonly HandoffReason[] = ["low_confidence", "no_knowledge", "model_asked", "model_uncited", "ungrounded"];
/** What is kept of a question, in characters. */
const questionCharsMax = 2_000;

/** Once for a turn; nothing for what was answered. */
export async function recordGap(
  ws: WorkspaceCtx,
  claimed: Pick<ClaimedTurn, "id" | "question"> & { agent: { id: string } },
  { action, reason, confidence }: Pick<AnswerResult, "action" | "reason" | "confidence">,
): Promise<void> {
  const question = claimed.question.trim().slice(0, questionCharsMax);
  if (action !== "handoff" || reason === null || !lacking.includes(reason) || question === "") return;
  const id = newId();
  const fresh = await ws.tx
    .insert(questionGap)
    .values({ workspaceId: ws.workspaceId, id, gapId: id, agentId: claimed.agent.id, turnId: claimed.id, question, reason, confidence })
    .onConflictDoNothing()
    .returning({ id: questionGap.id });
  if (fresh.length > 0) ws.enqueue("analytics.group-gap", { workspaceId: ws.workspaceId, questionId: id }, { key: `group-gap-${id}` });
}
