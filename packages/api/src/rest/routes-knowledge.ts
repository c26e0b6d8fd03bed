/** Knowledge over REST. Bytes are not among it: a file goes to the link that `createUpload` gives. */
import { chunk, createUploadOutput, document, knowledgeSettings, searchOutput } from "@axon/contracts/knowledge";
import { source, sourcePage } from "@axon/contracts/sources";
import { ok, pageOf, routesOf } from "./route.ts";
import { answerRoutes } from "./routes-answers.ts";

export const knowledgeRoutes = routesOf("knowledge")({
  "knowledge.sources.create": { method: "POST", path: "/sources", summary: "Create a source of knowledge", output: source, status: 201 },
  "knowledge.sources.list": { method: "GET", path: "/sources", summary: "List the sources", output: pageOf(source) },
  "knowledge.sources.get": {
    method: "GET",
    path: "/sources/{sourceId}",
    summary: "Get a source, with what its last look at the web found",
    output: source,
  },
  "knowledge.sources.update": {
    method: "PATCH",
    path: "/sources/{sourceId}",
    summary: "Change a source: its name, where and how often it looks, and whom its texts are for",
    output: source,
  },
  "knowledge.sources.sync": {
    method: "POST",
    path: "/sources/{sourceId}/sync",
    summary: "Look at a site or sitemap now, whatever its schedule says",
    output: source,
  },
  "knowledge.sources.pages": {
    method: "GET",
    path: "/sources/{sourceId}/pages",
    summary: "List the pages of a site or sitemap, and what became of each",
    output: pageOf(sourcePage),
  },
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
  "knowledge.documents.addUrl": {
    method: "POST",
    path: "/documents/urls",
    summary: "Add one page of the web as a document; it is fetched and read",
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
  "knowledge.documents.update": {
    method: "PATCH",
    path: "/documents/{documentId}",
    summary: "Change what a document is called and for whom it is",
    output: document,
  },
  "knowledge.documents.updateText": {
    method: "PUT",
    path: "/documents/{documentId}/text",
    summary: "Put another text in the place of a document's own; what it said is found until the new one is",
    output: document,
  },
  "knowledge.documents.reprocess": {
    method: "POST",
    path: "/documents/{documentId}/reprocess",
    summary: "Have a document read again, one that failed from the step it failed at",
    output: document,
  },
  "knowledge.documents.chunks": {
    method: "GET",
    path: "/documents/{documentId}/chunks",
    summary: "List the passages that a document was cut into, in its order",
    output: pageOf(chunk),
  },
  ...answerRoutes,
  "knowledge.search": {
    method: "GET",
    path: "/knowledge/search",
    summary: "Search the knowledge: ranked passages, with every score that went into the rank",
    output: searchOutput,
  },
  "knowledge.settings.get": {
    method: "GET",
    path: "/knowledge/settings",
    summary: "Get the weights of the search, and how it is made at present",
    output: knowledgeSettings,
  },
  "knowledge.settings.update": {
    method: "PATCH",
    path: "/knowledge/settings",
    summary: "Set the weight of words against meaning in every search of the workspace",
    output: knowledgeSettings,
  },
});
