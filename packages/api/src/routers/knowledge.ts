/** Knowledge: sources, documents, search, and watching a document become searchable. */
import {
  addTextInput,
  createUploadInput,
  documentRef,
  listChunksInput,
  listDocumentsInput,
  onProgressInput,
  searchInput,
  updateDocumentInput,
  updateKnowledgeSettingsInput,
  updateTextInput,
} from "@axon/contracts/knowledge";
import { addUrlInput } from "@axon/contracts/sources";
import type { InWorkspace } from "@axon/core/context";
import {
  addText,
  addUrl,
  checkAddress,
  completeUpload,
  createUpload,
  deleteDocument,
  getDocument,
  getKnowledgeSettings,
  type KnowledgeDeps,
  listChunks,
  listDocuments,
  reprocessDocument,
  search,
  updateDocument,
  updateKnowledgeSettings,
  updateText,
} from "@axon/core/knowledge";
import { tracked } from "@trpc/server";
import type { ApiServices } from "../context.ts";
import { progressOf } from "../progress.ts";
import { router, workspaceProcedure } from "../trpc.ts";
import { answersRouter } from "./answers.ts";
import { sourcesRouter } from "./sources.ts";

/** A search is waited for this long, in milliseconds; only the question's embedding can take any time. */
const searchTimeoutMs = 30_000;

const reading = workspaceProcedure("knowledge.read");
const writing = workspaceProcedure("knowledge.write");

/** What a flow is handed, its transactions in the name of whoever calls. */
function asCaller({ services, inWorkspace }: { services: ApiServices; inWorkspace: InWorkspace }): KnowledgeDeps {
  return { ...services.knowledge, inWorkspace };
}

export const knowledgeRouter = router({
  sources: sourcesRouter,
  documents: router({
    createUpload: writing.input(createUploadInput).mutation(({ ctx, input }) => createUpload(asCaller(ctx), ctx.workspaceId, input)),
    completeUpload: writing
      .input(documentRef)
      .mutation(({ ctx, input }) => completeUpload(asCaller(ctx), ctx.workspaceId, input.documentId)),
    addText: writing.input(addTextInput).mutation(({ ctx, input }) => addText(asCaller(ctx), ctx.workspaceId, input)),
    addUrl: writing.input(addUrlInput).mutation(({ ctx, input }) => {
      checkAddress(ctx.services.knowledge.web, input.url, "url");
      return ctx.run((ws) => addUrl(ws, input));
    }),
    list: reading.input(listDocumentsInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listDocuments(ws, input))),
    get: reading.input(documentRef).query(({ ctx, input }) => ctx.run((ws) => getDocument(ws, input.documentId))),
    delete: writing.input(documentRef).mutation(async ({ ctx, input }) => {
      await ctx.run((ws) => deleteDocument(ws, input.documentId));
      return { ok: true as const };
    }),
    update: writing.input(updateDocumentInput).mutation(({ ctx, input }) => ctx.run((ws) => updateDocument(ws, input))),
    updateText: writing.input(updateTextInput).mutation(({ ctx, input }) => updateText(asCaller(ctx), ctx.workspaceId, input)),
    reprocess: writing.input(documentRef).mutation(({ ctx, input }) => ctx.run((ws) => reprocessDocument(ws, input.documentId))),
    chunks: reading.input(listChunksInput).query(({ ctx, input }) => ctx.run((ws) => listChunks(ws, input))),
  }),
  answers: answersRouter,
  search: workspaceProcedure("knowledge.read", "model")
    .input(searchInput)
    .query(({ ctx, input }) => search(ctx.services.knowledge, ctx.workspaceId, input, AbortSignal.timeout(searchTimeoutMs))),
  settings: router({
    get: reading.query(({ ctx }) => ctx.run(getKnowledgeSettings)),
    update: writing.input(updateKnowledgeSettingsInput).mutation(({ ctx, input }) => ctx.run((ws) => updateKnowledgeSettings(ws, input))),
  }),
  onProgress: reading.input(onProgressInput.prefault({})).subscription(async function* ({ ctx, input }) {
    const { ended } = ctx;
    for await (const { id, event } of progressOf(ctx, input, ended)) yield tracked(id, event);
  }),
});
