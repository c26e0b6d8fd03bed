/**
 * The entries of what becomes of a conversation in the table of isolation cases.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const ofConversation = (input: object = {}): Entry => ({
  tier: "writer",
  right: ({ conversationId }) => ({ conversationId, ...input }),
  cases: [missing("the conversation", (_own, { conversationId }) => ({ conversationId, ...input }))],
});

export const lifecycleEntries: Record<string, Entry> = {
  "conversations.setStatus": ofConversation({ status: "open" }),
  "conversations.snooze": ofConversation({ forMinutes: 60 }),
  "conversations.takeOver": ofConversation(),
  "conversations.returnToAi": ofConversation(),
  // Refused for what it says: it is not resolved.
  "conversations.rateResolution": ofConversation({ score: 5 }),
  // A visitor's conversation follows from their token.
  "widget.rateResolution": {
    tier: "visitor",
    right: () => ({ score: 5 }),
    cases: [],
  },
};
