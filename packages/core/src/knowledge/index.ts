/** Knowledge: sources, documents, and the way from a file to an answer's passages. */
export { addText } from "./add-text.ts";
export type { IngestDeps, KnowledgeDeps } from "./deps.ts";
export { deleteDocument, getDocument, listChunks, listDocuments } from "./documents.ts";
export { dropUpload } from "./drop-upload.ts";
export { ingestDocument } from "./ingest-document.ts";
export { purgeFiles } from "./purge-files.ts";
export { requeueDocument } from "./requeue-document.ts";
export { retrieve } from "./retrieve.ts";
export { search } from "./search.ts";
export { createSource, deleteSource, listSources } from "./sources.ts";
export { completeUpload, createUpload } from "./uploads.ts";
