/** A workspace's work in the background: what waits and runs, and what was given up. */
import { deadLetterInput, listDeadLettersInput } from "@axon/contracts/dead-letters";
import { discardDeadLetter, getDeadLetter, listDeadLetters, readJobsOverview, replayDeadLetter } from "@axon/core/workspaces";
import { router, workspaceProcedure } from "../trpc.ts";

const managing = workspaceProcedure("jobs.manage");

export const jobsRouter = router({
  overview: managing.query(({ ctx }) => ctx.run((ws) => readJobsOverview(ws))),
  deadLetters: router({
    list: managing.input(listDeadLettersInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listDeadLetters(ws, input))),
    get: managing.input(deadLetterInput).query(({ ctx, input }) => ctx.run((ws) => getDeadLetter(ws, input.id))),
    replay: managing.input(deadLetterInput).mutation(({ ctx, input }) => ctx.run((ws) => replayDeadLetter(ws, input.id))),
    discard: managing.input(deadLetterInput).mutation(({ ctx, input }) => ctx.run((ws) => discardDeadLetter(ws, input.id))),
  }),
});
