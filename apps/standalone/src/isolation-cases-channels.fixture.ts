/**
 * The entries of channels and of the widget in the table of isolation cases.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });

export const channelEntries: Record<string, Entry> = {
  "channels.kinds": { tier: "reader", right: () => undefined, cases: [silent("nothing to name", () => undefined)] },
  "channels.create": {
    tier: "manager",
    right: ({ agentId }) => ({ kind: "web", name: "Shop", agentId }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ kind: "web", name: "Shop", agentId })),
      missing("the agent, under a key", (_own, { agentId }) => ({ kind: "web", name: "Shop", agentId, idempotencyKey: agentId })),
    ],
  },
  "channels.list": {
    tier: "reader",
    right: () => ({}),
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.agents }))],
  },
  "channels.get": {
    tier: "reader",
    right: ({ channelId }) => ({ channelId }),
    cases: [missing("the channel", (_own, { channelId }) => ({ channelId }))],
  },
  "channels.update": {
    tier: "manager",
    right: ({ channelId }) => ({ channelId, name: "Shop" }),
    cases: [
      missing("the channel", (_own, { channelId }) => ({ channelId, name: "Mine" })),
      missing("the channel, with nothing to change", (_own, { channelId }) => ({ channelId })),
      missing("an agent for one's own", (own, { agentId }) => ({ channelId: own.channelId, agentId })),
      missing("an agent for a label", (own, { agentId }) => ({ channelId: own.channelId, routes: [{ label: "billing", agentId }] })),
      missing("the channel, to pause it", (_own, { channelId }) => ({ channelId, aiPaused: true })),
      missing("both", (_own, { channelId, agentId }) => ({ channelId, agentId })),
    ],
  },
  "channels.delete": {
    tier: "manager",
    right: ({ channelId }) => ({ channelId }),
    cases: [missing("the channel", (_own, { channelId }) => ({ channelId }))],
  },
  "channels.rotateIdentitySecret": {
    tier: "manager",
    right: ({ channelId }) => ({ channelId }),
    cases: [missing("the channel", (_own, { channelId }) => ({ channelId }))],
  },
};

export const widgetEntries: Record<string, Entry> = {
  "widget.open": {
    tier: "anyone",
    right: ({ publicKey }) => ({ publicKey }),
    cases: [
      // What is opened with a public key is open to anybody: their visitor is not.
      silent("a visitor of theirs", (own, { visitorId }) => ({ publicKey: own.publicKey, visitorId })),
      silent("a visitor's token of theirs", (own, { visitorToken }) => ({ publicKey: own.publicKey, visitorToken })),
    ],
  },
  "widget.send": {
    tier: "visitor",
    right: () => ({ text: "Hello" }),
    cases: [
      silent("a conversation of theirs", (_own, { visitorConversationId }) => ({ text: "Hello", conversationId: visitorConversationId })),
      silent("the same message id", () => ({ text: "Hello", clientMessageId: "shared" })),
    ],
  },
  "widget.history": {
    tier: "visitor",
    right: () => ({}),
    cases: [
      silent("a conversation of theirs", (_own, { visitorConversationId }) => ({ conversationId: visitorConversationId })),
      silent("a cursor", () => ({ cursor: Buffer.from("[9]").toString("base64url") })),
    ],
  },
  "widget.requestHuman": { tier: "visitor", right: () => ({}), cases: [silent("nothing to name", () => ({}))] },
  "widget.onMessages": {
    tier: "visitor",
    right: () => ({ lastEventId: "0" }),
    cases: [
      silent("a place", (_own, { lastEventId }) => ({ lastEventId })),
      silent("a reply of theirs", (_own, { replyId }) => ({ lastEventId: `2.${replyId}.0` })),
      silent("a conversation of theirs", (_own, { visitorConversationId }) => ({
        conversationId: visitorConversationId,
        lastEventId: "0",
      })),
    ],
  },
};
