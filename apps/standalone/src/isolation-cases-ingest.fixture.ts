/**
 * The entries of what changes documents in the table of isolation cases.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });

export const documentEntries: Record<string, Entry> = {
  "knowledge.documents.update": {
    tier: "writer",
    right: ({ documentId }) => ({ documentId, labels: ["a"] }),
    cases: [
      missing("the document", (_own, { documentId }) => ({ documentId, name: "Mine" })),
      missing("the document, with nothing to change", (_own, { documentId }) => ({ documentId })),
      missing("the document, to hide what it says", (_own, { documentId }) => ({ documentId, audience: "internal" })),
    ],
  },
  "knowledge.documents.updateText": {
    tier: "writer",
    right: ({ documentId }) => ({ documentId, text: "Another text." }),
    cases: [
      missing("the document", (_own, { documentId }) => ({ documentId, text: "Mine." })),
      missing("one that waits for its bytes", (_own, { uploadId }) => ({ documentId: uploadId, text: "Mine." })),
    ],
  },
  "knowledge.documents.reprocess": {
    tier: "writer",
    right: ({ documentId }) => ({ documentId }),
    cases: [
      missing("the document", (_own, { documentId }) => ({ documentId })),
      missing("one that waits for its bytes", (_own, { uploadId }) => ({ documentId: uploadId })),
    ],
  },
};
