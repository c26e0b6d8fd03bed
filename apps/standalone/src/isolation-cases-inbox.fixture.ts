/**
 * The entries of the inbox in the table of isolation cases: whose conversations are, how they are labelled, found and brought in.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });
const ofConversation = (input: object): Entry => ({
  tier: "writer",
  right: ({ conversationId }) => ({ conversationId, ...input }),
  cases: [missing("the conversation", (_own, { conversationId }) => ({ conversationId, ...input }))],
});
const brought = (about: object) => ({
  conversations: [
    {
      ...{ externalId: "elsewhere-1", contact: { externalId: "somebody" }, createdAt: "2026-01-01T00:00:00Z" },
      messages: [{ author: "contact", text: "Hello", at: "2026-01-01T00:00:00Z" }],
      ...about,
    },
  ],
});

/** Of `conversations.list`: what else it can be narrowed by. */
export const inboxListCases: Case[] = [
  silent("the channel", (_own, { channelId }) => ({ channelId })),
  silent("who has it", (_own, { memberId }) => ({ assignee: memberId })),
  silent("the visitor", (_own, { visitorId }) => ({ contactId: visitorId })),
  silent("words", () => ({ text: "hello" })),
  silent("a tag", () => ({ tag: "hello" })),
];

export const inboxEntries: Record<string, Entry> = {
  "conversations.assign": {
    tier: "writer",
    right: ({ conversationId, memberId }) => ({ conversationId, accountId: memberId }),
    cases: [
      missing("the conversation", (own, { conversationId }) => ({ conversationId, accountId: own.memberId })),
      missing("the conversation, to nobody", (_own, { conversationId }) => ({ conversationId, accountId: null })),
      missing("the member", (own, { memberId }) => ({ conversationId: own.conversationId, accountId: memberId })),
    ],
  },
  "conversations.tag": ofConversation({ tag: "hello" }),
  "conversations.untag": ofConversation({ tag: "hello" }),
  "conversations.setPriority": ofConversation({ priority: "high" }),
  "conversations.setAttributes": ofConversation({ attributes: { order: "1" } }),
  "conversations.note": ofConversation({ text: "Hello" }),
  "conversations.counts": { tier: "reader", right: () => ({}), cases: [] },
  "conversations.search": {
    tier: "reader",
    right: () => ({ query: "hello" }),
    cases: [
      silent("words", () => ({ query: "hello" })),
      silent("a cursor", (_own, { cursors }) => ({ query: "hello", cursor: cursors.conversations })),
    ],
  },
  "conversations.import": {
    tier: "manager",
    right: ({ agentId }) => brought({ agentId }),
    cases: [
      missing("the agent", (_own, { agentId }) => brought({ externalId: "elsewhere-2", agentId })),
      missing("the channel", (own, { channelId }) => brought({ externalId: "elsewhere-2", agentId: own.agentId, channelId })),
      missing("who has it", (own, { memberId }) => brought({ externalId: "elsewhere-2", agentId: own.agentId, assigneeId: memberId })),
    ],
  },
};
