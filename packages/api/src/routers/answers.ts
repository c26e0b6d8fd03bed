/** Approved answers. */
import { answerRef, createAnswerInput, listAnswersInput, listHitsInput, updateAnswerInput } from "@axon/contracts/approved";
import { approveReply } from "@axon/core/conversations";
import { deleteAnswer, getAnswer, listAnswers, listHits, updateAnswer } from "@axon/core/knowledge";
import { router, workspaceProcedure } from "../trpc.ts";

const reading = workspaceProcedure("knowledge.read");
const writing = workspaceProcedure("knowledge.write");

export const answersRouter = router({
  create: writing
    .input(createAnswerInput)
    .mutation(({ ctx, input }) =>
      approveReply({ files: ctx.services.knowledge.files, inWorkspace: ctx.inWorkspace }, ctx.workspaceId, input, ctx.accountId),
    ),
  list: reading.input(listAnswersInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listAnswers(ws, input))),
  get: reading.input(answerRef).query(({ ctx, input }) => ctx.run((ws) => getAnswer(ws, input.answerId))),
  update: writing
    .input(updateAnswerInput)
    .mutation(({ ctx, input }) =>
      updateAnswer({ files: ctx.services.knowledge.files, inWorkspace: ctx.inWorkspace }, ctx.workspaceId, input),
    ),
  delete: writing.input(answerRef).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => deleteAnswer(ws, input.answerId));
    return { ok: true as const };
  }),
  hits: reading.input(listHitsInput).query(({ ctx, input }) => ctx.run((ws) => listHits(ws, input))),
});
