/**
 * The entries of sources and of what they take from the web in the table of isolation cases.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });
/** Of a range for examples, so that nobody is asked: it is refused for what it says. */
const nowhere = "http://192.0.2.1/";

export const sourceEntries: Record<string, Entry> = {
  "knowledge.sources.create": {
    tier: "writer",
    right: () => ({ kind: "text", name: "Shelf" }),
    cases: [silent("nothing to name", () => ({ kind: "text", name: "Shelf" }))],
  },
  "knowledge.sources.list": {
    tier: "reader",
    right: () => ({}),
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.sources }))],
  },
  "knowledge.sources.get": {
    tier: "reader",
    right: ({ sourceId }) => ({ sourceId }),
    cases: [missing("the source", (_own, { sourceId }) => ({ sourceId }))],
  },
  "knowledge.sources.update": {
    tier: "writer",
    right: ({ sourceId }) => ({ sourceId, name: "Shelf" }),
    cases: [
      missing("the source", (_own, { sourceId }) => ({ sourceId, name: "Mine" })),
      missing("the source, with nothing to change", (_own, { sourceId }) => ({ sourceId })),
      missing("the source, to hide what it holds", (_own, { sourceId }) => ({ sourceId, audience: "internal" })),
      missing("the source, with settings that it can't have", (_own, { sourceId }) => ({ sourceId, settings: { depth: 1 } })),
    ],
  },
  "knowledge.sources.delete": {
    tier: "writer",
    right: ({ sourceId }) => ({ sourceId }),
    cases: [missing("the source", (_own, { sourceId }) => ({ sourceId }))],
  },
  // Refused for what it is: a source of texts.
  "knowledge.sources.sync": {
    tier: "writer",
    right: ({ sourceId }) => ({ sourceId }),
    cases: [missing("the source", (_own, { sourceId }) => ({ sourceId }))],
  },
  "knowledge.sources.pages": {
    tier: "reader",
    right: ({ sourceId }) => ({ sourceId }),
    cases: [
      missing("the source", (_own, { sourceId }) => ({ sourceId })),
      missing("the source, behind a place", (_own, { sourceId }) => ({ sourceId, cursor: Buffer.from('["http"]').toString("base64url") })),
    ],
  },
  "knowledge.documents.addUrl": {
    tier: "writer",
    right: ({ sourceId }) => ({ sourceId, url: nowhere }),
    cases: [missing("the source", (_own, { sourceId }) => ({ sourceId, url: "http://shop.example.com/" }))],
  },
};
