/** Knowledge over REST. Bytes are not among it: a file goes to the link that `createUpload` gives. */
import { chunk, createUploadOutput, document, searchOutput, source } from "@axon/contracts/knowledge";
import { ok, pageOf, routesOf } from "./route.ts";

export const knowledgeRoutes = routesOf("knowledge")({
  "knowledge.sources.create": { method: "POST", path: "/sources", summary: "Create a source of knowledge", output: source, status: 201 },
  "knowledge.sources.list": { method: "GET", path: "/sources", summary: "List the sources", output: pageOf(source) },
  "knowledge.sources.delete": {
    method: "DELETE",
    path: "/sources/{sourceId}",
    summary: "Delete a source with all of its documents",
    output: ok,
  },
  "knowledge.documents.createUpload": {
    method: "POST",
    path: "/documents/uploads",
    summary: "Announce a file; the answer says where its bytes are to be PUT, and with which headers",
    output: createUploadOutput,
    status: 201,
  },
  "knowledge.documents.completeUpload": {
    method: "POST",
    path: "/documents/{documentId}/complete",
    summary: "Say that the bytes of an announced file are there; it is queued to be read",
    output: document,
  },
  "knowledge.documents.addText": {
    method: "POST",
    path: "/documents",
    summary: "Add a text as a document; it is queued to be read",
    output: document,
    status: 201,
  },
  "knowledge.documents.list": { method: "GET", path: "/documents", summary: "List documents", output: pageOf(document) },
  "knowledge.documents.get": {
    method: "GET",
    path: "/documents/{documentId}",
    summary: "Get a document; `status` says how far it has come",
    output: document,
  },
  "knowledge.documents.delete": { method: "DELETE", path: "/documents/{documentId}", summary: "Delete a document", output: ok },
  "knowledge.documents.chunks": {
    method: "GET",
    path: "/documents/{documentId}/chunks",
    summary: "List the passages that a document was cut into, in its order",
    output: pageOf(chunk),
  },
  "knowledge.search": {
    method: "GET",
    path: "/knowledge/search",
    summary: "Search the knowledge: ranked passages, with every score that went into the rank",
    output: searchOutput,
  },
});
