/** What is to be learned from how conversations went. */
import { gapRef, listGapsInput } from "@axon/contracts/gaps";
import { dismissGap, listGaps } from "@axon/core/analytics";
import { router, workspaceProcedure } from "../trpc.ts";

export const analyticsRouter = router({
  gaps: workspaceProcedure("knowledge.read")
    .input(listGapsInput.prefault({}))
    .query(({ ctx, input }) => ctx.run((ws) => listGaps(ws, input))),
  dismissGap: workspaceProcedure("knowledge.write")
    .input(gapRef)
    .mutation(async ({ ctx, input }) => {
      await ctx.run((ws) => dismissGap(ws, input.gapId));
      return { ok: true as const };
    }),
});
