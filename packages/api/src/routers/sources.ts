/** Sources: where documents come from, and looking there again. */
import { createSourceInput, listPagesInput, listSourcesInput, sourceRef, updateSourceInput } from "@axon/contracts/sources";
import {
  checkSettings,
  createSource,
  deleteSource,
  getSource,
  listPages,
  listSources,
  requestSync,
  updateSource,
} from "@axon/core/knowledge";
import { router, workspaceProcedure } from "../trpc.ts";

const reading = workspaceProcedure("knowledge.read");
const writing = workspaceProcedure("knowledge.write");

export const sourcesRouter = router({
  create: writing.input(createSourceInput).mutation(({ ctx, input }) => {
    checkSettings(ctx.services.knowledge.web, input.settings);
    return ctx.run((ws) => createSource(ws, input));
  }),
  list: reading.input(listSourcesInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listSources(ws, input))),
  get: reading.input(sourceRef).query(({ ctx, input }) => ctx.run((ws) => getSource(ws, input.sourceId))),
  update: writing.input(updateSourceInput).mutation(({ ctx, input }) => {
    checkSettings(ctx.services.knowledge.web, input.settings);
    return ctx.run((ws) => updateSource(ws, input));
  }),
  delete: writing.input(sourceRef).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => deleteSource(ws, input.sourceId));
    return { ok: true as const };
  }),
  sync: writing
    .input(sourceRef)
    .mutation(({ ctx, input }) =>
      requestSync({ ...ctx.services.knowledge, inWorkspace: ctx.inWorkspace }, ctx.workspaceId, input.sourceId),
    ),
  pages: reading.input(listPagesInput).query(({ ctx, input }) => ctx.run((ws) => listPages(ws, input))),
});
