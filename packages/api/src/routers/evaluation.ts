/** What agents are tried on: golden questions, runs of them, and stored turns run again. */
import {
  createGoldenInput,
  createManyGoldenInput,
  evaluateInput,
  evaluationRef,
  goldenRef,
  listEvaluationsInput,
  listGoldenInput,
  listResultsInput,
  updateGoldenInput,
} from "@axon/contracts/evaluation";
import { replayInput } from "@axon/contracts/replay";
import {
  cancelEvaluation,
  createGolden,
  createManyGolden,
  deleteGolden,
  getEvaluation,
  listEvaluations,
  listGolden,
  listResults,
  startEvaluation,
  updateGolden,
} from "@axon/core/agents";
import { replayTurn } from "@axon/core/conversations";
import { router, workspaceProcedure } from "../trpc.ts";

/** A turn's second answer is waited for this long, in milliseconds. */
const replayTimeoutMs = 120_000;

const reading = workspaceProcedure("agents.read");
const writing = workspaceProcedure("agents.write");

const goldenRouter = router({
  create: writing.input(createGoldenInput).mutation(({ ctx, input }) => ctx.run((ws) => createGolden(ws, input))),
  createMany: writing.input(createManyGoldenInput).mutation(({ ctx, input }) => ctx.run((ws) => createManyGolden(ws, input))),
  list: reading.input(listGoldenInput).query(({ ctx, input }) => ctx.run((ws) => listGolden(ws, input))),
  update: writing.input(updateGoldenInput).mutation(({ ctx, input }) => ctx.run((ws) => updateGolden(ws, input))),
  delete: writing.input(goldenRef).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => deleteGolden(ws, input.questionId));
    return { ok: true as const };
  }),
});

const evaluationsRouter = router({
  list: reading.input(listEvaluationsInput).query(({ ctx, input }) => ctx.run((ws) => listEvaluations(ws, input))),
  get: reading.input(evaluationRef).query(({ ctx, input }) => ctx.run((ws) => getEvaluation(ws, input.evaluationId))),
  results: reading.input(listResultsInput).query(({ ctx, input }) => ctx.run((ws) => listResults(ws, input))),
  cancel: writing.input(evaluationRef).mutation(({ ctx, input }) => ctx.run((ws) => cancelEvaluation(ws, input.evaluationId))),
});

/** Of the agents' router. */
export const evaluationProcedures = {
  golden: goldenRouter,
  evaluations: evaluationsRouter,
  evaluate: writing.input(evaluateInput).mutation(({ ctx, input }) => ctx.run((ws) => startEvaluation(ws, input, ctx.accountId))),
  replay: workspaceProcedure("agents.ask", "model")
    .input(replayInput)
    .mutation(({ ctx, input, signal }) =>
      replayTurn(
        ctx.services.answers,
        ctx.workspaceId,
        input,
        AbortSignal.any([AbortSignal.timeout(replayTimeoutMs), ...(signal ? [signal] : [])]),
      ),
    ),
};
