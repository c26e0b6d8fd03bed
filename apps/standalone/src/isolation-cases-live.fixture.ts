/**
 * The entries of who writes and who is there in the table of isolation cases.
 *
 * @module
 */
import type { Entry } from "./isolation-cases.fixture.ts";

export const liveEntries: Record<string, Entry> = {
  "conversations.typing": {
    tier: "writer",
    right: ({ conversationId }) => ({ conversationId, on: true }),
    cases: [{ what: "the conversation", input: (_own, { conversationId }) => ({ conversationId, on: true }), answer: "not_found" }],
  },
  // A visitor's conversation follows from their token.
  "widget.typing": { tier: "visitor", right: () => ({ on: true }), cases: [] },
  "workspaces.presence": {
    tier: "reader",
    right: () => undefined,
    cases: [{ what: "nothing to name", input: () => undefined, answer: "nothing_of_theirs" }],
  },
};
