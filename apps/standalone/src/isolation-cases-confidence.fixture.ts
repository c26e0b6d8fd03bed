/**
 * The entries of ratings and calibration in the table of isolation cases.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const rating = "bad" as const;

export const confidenceEntries: Record<string, Entry> = {
  "agents.calibration": {
    tier: "reader",
    right: ({ agentId }) => ({ agentId }),
    cases: [missing("the agent", (_own, { agentId }) => ({ agentId }))],
  },
  "conversations.rate": {
    tier: "writer",
    right: ({ conversationId, messageId }) => ({ conversationId, messageId, rating }),
    cases: [
      missing("the answer", ({ conversationId }, { messageId }) => ({ conversationId, messageId, rating })),
      missing("the conversation", ({ messageId }, { conversationId }) => ({ conversationId, messageId, rating })),
      missing("both", (_own, { conversationId, messageId }) => ({ conversationId, messageId, rating })),
    ],
  },
  "widget.rate": {
    tier: "visitor",
    // Nothing has been answered there yet.
    right: ({ messageId }) => ({ messageId, rating }),
    cases: [missing("an answer of theirs", (_own, { messageId }) => ({ messageId, rating }))],
  },
};
