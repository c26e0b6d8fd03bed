/** Knowledge: sources, documents, search, and watching a document become searchable. */
import {
  addTextInput,
  createSourceInput,
  createUploadInput,
  documentRef,
  listChunksInput,
  listDocumentsInput,
  listSourcesInput,
  onProgressInput,
  searchInput,
  sourceRef,
} from "@axon/contracts/knowledge";
import type { InWorkspace } from "@axon/core/context";
import {
  addText,
  completeUpload,
  createSource,
  createUpload,
  deleteDocument,
  deleteSource,
  getDocument,
  type KnowledgeDeps,
  listChunks,
  listDocuments,
  listSources,
  search,
} from "@axon/core/knowledge";
import { tracked } from "@trpc/server";
import type { ApiServices } from "../context.ts";
import { progressOf } from "../progress.ts";
import { router, workspaceProcedure } from "../trpc.ts";

/** A search is waited for this long, in milliseconds; only the question's embedding can take any time. */
const searchTimeoutMs = 30_000;

const reading = workspaceProcedure("knowledge.read");
const writing = workspaceProcedure("knowledge.write");

/** What a flow is handed, its transactions in the name of whoever calls. */
function asCaller({ services, inWorkspace }: { services: ApiServices; inWorkspace: InWorkspace }): KnowledgeDeps {
  return { ...services.knowledge, inWorkspace };
}

export const knowledgeRouter = router({
  sources: router({
    create: writing.input(createSourceInput).mutation(({ ctx, input }) => ctx.run((ws) => createSource(ws, input))),
    list: reading.input(listSourcesInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listSources(ws, input))),
    delete: writing.input(sourceRef).mutation(async ({ ctx, input }) => {
      await ctx.run((ws) => deleteSource(ws, input.sourceId));
      return { ok: true as const };
    }),
  }),
  documents: router({
    createUpload: writing.input(createUploadInput).mutation(({ ctx, input }) => createUpload(asCaller(ctx), ctx.workspaceId, input)),
    completeUpload: writing
      .input(documentRef)
      .mutation(({ ctx, input }) => completeUpload(asCaller(ctx), ctx.workspaceId, input.documentId)),
    addText: writing.input(addTextInput).mutation(({ ctx, input }) => addText(asCaller(ctx), ctx.workspaceId, input)),
    list: reading.input(listDocumentsInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listDocuments(ws, input))),
    get: reading.input(documentRef).query(({ ctx, input }) => ctx.run((ws) => getDocument(ws, input.documentId))),
    delete: writing.input(documentRef).mutation(async ({ ctx, input }) => {
      await ctx.run((ws) => deleteDocument(ws, input.documentId));
      return { ok: true as const };
    }),
    chunks: reading.input(listChunksInput).query(({ ctx, input }) => ctx.run((ws) => listChunks(ws, input))),
  }),
  search: workspaceProcedure("knowledge.read", "model")
    .input(searchInput)
    .query(({ ctx, input }) => search(ctx.services.knowledge, ctx.workspaceId, input, AbortSignal.timeout(searchTimeoutMs))),
  onProgress: reading.input(onProgressInput.prefault({})).subscription(async function* ({ ctx, input }) {
    const { ended } = ctx;
    for await (const { id, event } of progressOf(ctx, input, ended)) {
      await ctx.pace(ended);
      yield tracked(id, event);
    }
  }),
});
