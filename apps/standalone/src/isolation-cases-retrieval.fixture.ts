/**
 * The entries of how knowledge is searched in the table of isolation cases.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });

export const retrievalEntries: Record<string, Entry> = {
  "knowledge.settings.get": { tier: "reader", right: () => undefined, cases: [silent("nothing to name", () => undefined)] },
  "knowledge.settings.update": {
    tier: "writer",
    right: () => ({ textShare: 0.5 }),
    cases: [silent("nothing to name", () => ({ textShare: null }))],
  },
};
