/**
 * Rating an answer, as a member of the team or as the visitor who got it.
 *
 * @module
 */
import type { RateInput, RateOutput, VisitorRateInput } from "@axon/contracts/calibration";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { readAnswer, recordOutcome } from "./outcomes.ts";
import { findVisitorConversation } from "./widget-read.ts";

/**
 * `by` is the account, null for an API key. A rating given again takes the place of the team's earlier one. Refuses with
 * `not_found` and, for what is no answer of the agent, with `invalid_state`.
 */
export async function rateReply(ws: WorkspaceCtx, input: RateInput, by: string | null): Promise<RateOutput> {
  const { messageId, rating, comment } = input;
  const answer = await readAnswer(ws, input.conversationId, messageId);
  await recordOutcome(ws, answer, { source: "rating", outcome: rating, comment, byId: by });
  return { messageId, rating, comment: comment ?? null };
}

/** The same for a visitor, whose word is kept beside the team's. Refuses with `not_found` for any conversation but their own. */
export async function rateReplyAsVisitor(ws: WorkspaceCtx, visitor: Visitor, input: VisitorRateInput): Promise<RateOutput> {
  const own = await findVisitorConversation(ws, visitor);
  if (own === null) throw notFound("message");
  const { messageId, rating, comment } = input;
  const answer = await readAnswer(ws, own.id, messageId);
  await recordOutcome(ws, answer, { source: "visitor_rating", outcome: rating, comment, byId: visitor.contactId });
  return { messageId, rating, comment: comment ?? null };
}
