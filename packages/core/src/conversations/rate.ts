/**
 * What somebody says of how it went: of one answer, or of the whole matter.
 *
 * @module
 */
import type { RateEitherInput, RateEitherOutput, VisitorRateEitherInput } from "@axon/contracts/csat";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { rateReply, rateReplyAsVisitor } from "./rate-reply.ts";
import { rateResolution, rateResolutionAsVisitor } from "./rate-resolution.ts";

/** `by` is the account, null for an API key. Refuses as `rateReply` and `rateResolution` do. */
export function rate(ws: WorkspaceCtx, input: RateEitherInput, by: string | null): Promise<RateEitherOutput> {
  return "score" in input ? rateResolution(ws, input) : rateReply(ws, input, by);
}

/** The same for a visitor. */
export function rateAsVisitor(ws: WorkspaceCtx, visitor: Visitor, input: VisitorRateEitherInput): Promise<RateEitherOutput> {
  return "score" in input ? rateResolutionAsVisitor(ws, visitor, input) : rateReplyAsVisitor(ws, visitor, input);
}
