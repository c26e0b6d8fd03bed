/**
 * One entry for every procedure there is: who may call it, a call that is right, and each place of its input where a
 * stranger could name what is another workspace's.
 *
 * @module
 */

import { agentEntries } from "./isolation-cases-agents.fixture.ts";
import { channelEntries, widgetEntries } from "./isolation-cases-channels.fixture.ts";
import { confidenceEntries } from "./isolation-cases-confidence.fixture.ts";
import { type ContactThings, contactEntries } from "./isolation-cases-contacts.fixture.ts";
import { type EvaluationThings, evaluationEntries } from "./isolation-cases-evaluation.fixture.ts";
import { inboxEntries, inboxListCases } from "./isolation-cases-inbox.fixture.ts";
import { documentEntries } from "./isolation-cases-ingest.fixture.ts";
import { type JobThings, jobEntries } from "./isolation-cases-jobs.fixture.ts";
import { lifecycleEntries } from "./isolation-cases-lifecycle.fixture.ts";
import { liveEntries } from "./isolation-cases-live.fixture.ts";
import { retrievalEntries } from "./isolation-cases-retrieval.fixture.ts";
import { sourceEntries } from "./isolation-cases-sources.fixture.ts";

/** Everything of one workspace that a caller can name. */
export interface Things extends EvaluationThings, JobThings, ContactThings {
  workspaceId: string;
  secretName: string;
  agentId: string;
  sourceId: string;
  /** Ready. */
  documentId: string;
  /** Announced, its bytes not there yet. */
  uploadId: string;
  chunkId: string;
  conversationId: string;
  replyId: string;
  apiKeyId: string;
  /** The owner's. */
  memberId: string;
  /** Open, for an address that nobody has. */
  invitationId: string;
  /** Of the owner, but not the one that the owner calls with. */
  sessionId: string;
  channelId: string;
  publicKey: string;
  /** A visitor at that channel who has written. */
  visitorId: string;
  visitorToken: string;
  visitorConversationId: string;
  /** Cursors that its own lists gave, and the place where its own stream stands. */
  cursors: { agents: string; sources: string; documents: string; conversations: string; apiKeys: string };
  lastEventId: string;
  refreshToken: string;
}

export interface Case {
  what: string;
  /** The stranger's input; `own` is the stranger's, `theirs` another workspace's or nobody's. */
  input(own: Things, theirs: Things): unknown;
  /** `not_found`, unless nothing is named that could be missing: then the answer holds nothing of theirs. */
  answer: "not_found" | "nothing_of_theirs";
}

export interface Entry {
  /** `anyone` without a credential; `person` signed in; `reader` and `writer` in a workspace; `manager` may do more than a writer; `visitor` of a widget. */
  tier: "anyone" | "person" | "reader" | "writer" | "manager" | "visitor";
  /** A call that is right for the workspace whose things these are. */
  right(own: Things): unknown;
  cases: Case[];
}

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });
const none = () => ({});
/** Right in form, and refused for what it says. */
const credentials = { email: "nobody@example.com", password: "correct horse battery" };

export const entries: Record<string, Entry> = {
  ...agentEntries,
  ...evaluationEntries,
  ...channelEntries,
  ...widgetEntries,
  ...sourceEntries,
  ...documentEntries,
  ...confidenceEntries,
  ...retrievalEntries,
  ...lifecycleEntries,
  ...liveEntries,
  ...inboxEntries,
  ...jobEntries,
  ...contactEntries,
  "auth.signUp": { tier: "anyone", right: () => ({ ...credentials, name: "" }), cases: [] },
  "auth.signIn": { tier: "anyone", right: () => credentials, cases: [] },
  "auth.refresh": { tier: "anyone", right: () => ({ refreshToken: "axr_unknown" }), cases: [] },
  "auth.signOut": { tier: "person", right: none, cases: [] },
  "auth.signOutEverywhere": { tier: "person", right: none, cases: [] },
  "auth.me": { tier: "person", right: () => undefined, cases: [silent("nothing to name", () => undefined)] },
  "auth.updateProfile": {
    tier: "person",
    right: () => ({ name: "Renamed" }),
    cases: [silent("nothing to name", () => ({ name: "Renamed" }))],
  },
  "auth.changePassword": {
    tier: "person",
    right: () => ({ currentPassword: "not this one at all", newPassword: credentials.password }),
    cases: [],
  },
  "auth.requestPasswordReset": { tier: "anyone", right: () => ({ email: credentials.email }), cases: [] },
  "auth.resetPassword": { tier: "anyone", right: () => ({ token: "axp_unknown", newPassword: credentials.password }), cases: [] },
  "auth.verifyEmail": { tier: "anyone", right: () => ({ token: "axv_unknown" }), cases: [] },
  "auth.resendVerification": { tier: "person", right: none, cases: [] },
  "auth.sessions.list": {
    tier: "person",
    right: none,
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.apiKeys })), silent("nothing to name", none)],
  },
  "auth.sessions.revoke": {
    tier: "person",
    right: ({ sessionId }) => ({ sessionId }),
    cases: [missing("the session", (_own, { sessionId }) => ({ sessionId }))],
  },
  "auth.totp.begin": { tier: "person", right: () => ({ password: "not this one at all" }), cases: [] },
  "auth.totp.confirm": { tier: "person", right: () => ({ code: "000000" }), cases: [] },
  "auth.totp.disable": { tier: "person", right: () => ({ password: "not this one at all", code: "000000" }), cases: [] },
  "auth.totp.regenerateRecoveryCodes": {
    tier: "person",
    right: () => ({ password: "not this one at all", code: "000000" }),
    cases: [],
  },

  "workspaces.create": {
    tier: "person",
    right: () => ({ name: "Another" }),
    cases: [silent("nothing to name", () => ({ name: "Another" }))],
  },
  "workspaces.list": {
    tier: "person",
    right: none,
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.agents })), silent("nothing to name", none)],
  },
  "workspaces.get": { tier: "reader", right: () => undefined, cases: [silent("nothing to name", () => undefined)] },
  "workspaces.update": {
    tier: "manager",
    right: () => ({ retention: { documentsDays: 3650 } }),
    cases: [silent("nothing to name", () => ({ retention: { documentsDays: 3650 } }))],
  },
  // Refused for what it says: the name is another one.
  "workspaces.delete": { tier: "manager", right: () => ({ confirm: "another name" }), cases: [] },
  "workspaces.restore": {
    tier: "person",
    right: ({ workspaceId }) => ({ workspaceId }),
    cases: [missing("the workspace", (_own, { workspaceId }) => ({ workspaceId }))],
  },
  "workspaces.purges.list": {
    tier: "person",
    right: none,
    cases: [silent("nothing to name", none)],
  },
  "workspaces.secrets.set": {
    tier: "manager",
    right: () => ({ name: "shop", value: "open sesame" }),
    cases: [silent("nothing to name", () => ({ name: "shop", value: "open sesame" }))],
  },
  "workspaces.secrets.list": { tier: "manager", right: none, cases: [silent("nothing to name", none)] },
  "workspaces.secrets.remove": {
    tier: "manager",
    right: ({ secretName }) => ({ name: secretName }),
    cases: [missing("the secret", (_own, { secretName }) => ({ name: secretName }))],
  },
  "workspaces.members.list": {
    tier: "reader",
    right: none,
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.apiKeys })), silent("nothing to name", none)],
  },
  "workspaces.members.updateRole": {
    tier: "manager",
    right: ({ memberId }) => ({ memberId, role: "viewer" }),
    cases: [
      missing("the member", (_own, { memberId }) => ({ memberId, role: "viewer" })),
      missing("the member, whose role it is already", (_own, { memberId }) => ({ memberId, role: "owner" })),
    ],
  },
  "workspaces.members.remove": {
    tier: "manager",
    right: ({ memberId }) => ({ memberId }),
    cases: [missing("the member", (_own, { memberId }) => ({ memberId }))],
  },
  // Whoever is a member may go; a key is none.
  "workspaces.members.leave": { tier: "writer", right: none, cases: [] },
  "workspaces.invitations.create": {
    tier: "manager",
    right: () => ({ email: "guest@example.com" }),
    cases: [silent("an address that is invited elsewhere", () => ({ email: "invited@example.com" }))],
  },
  "workspaces.invitations.list": {
    tier: "manager",
    right: none,
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.apiKeys })), silent("nothing to name", none)],
  },
  "workspaces.invitations.revoke": {
    tier: "manager",
    right: ({ invitationId }) => ({ invitationId }),
    cases: [missing("the invitation", (_own, { invitationId }) => ({ invitationId }))],
  },
  "workspaces.invitations.accept": { tier: "person", right: () => ({ token: "axi_unknown" }), cases: [] },
  "workspaces.audit.list": {
    tier: "manager",
    right: none,
    cases: [
      silent("who did it", (_own, { memberId }) => ({ actorId: memberId })),
      silent("what was done to", (_own, { agentId }) => ({ targetId: agentId })),
      silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.apiKeys })),
      silent("nothing to name", none),
    ],
  },
  "workspaces.apiKeys.create": {
    tier: "manager",
    right: () => ({ name: "key" }),
    cases: [silent("nothing to name", () => ({ name: "key" }))],
  },
  "workspaces.apiKeys.list": {
    tier: "manager",
    right: none,
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.apiKeys }))],
  },
  "workspaces.apiKeys.revoke": {
    tier: "manager",
    right: ({ apiKeyId }) => ({ apiKeyId }),
    cases: [missing("the key", (_own, { apiKeyId }) => ({ apiKeyId }))],
  },

  "agents.list": { tier: "reader", right: none, cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.agents }))] },
  "agents.get": {
    tier: "reader",
    right: ({ agentId }) => ({ agentId }),
    cases: [missing("the agent", (_own, { agentId }) => ({ agentId }))],
  },
  "agents.create": {
    tier: "writer",
    right: () => ({ name: "Another" }),
    cases: [
      missing("a source to answer from", (_own, { sourceId }) => ({ name: "Spy", retrieval: { sources: [sourceId] } })),
      missing("a source among one's own", (own, { sourceId }) => ({ name: "Spy", retrieval: { sources: [own.sourceId, sourceId] } })),
      missing("a source, under a key", (_own, { sourceId }) => ({
        name: "Spy",
        retrieval: { sources: [sourceId] },
        idempotencyKey: sourceId,
      })),
    ],
  },
  "agents.update": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId, description: "Changed" }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId, name: "Mine" })),
      missing("the agent, with nothing to change", (_own, { agentId }) => ({ agentId })),
      missing("a source to answer from", (own, { sourceId }) => ({ agentId: own.agentId, retrieval: { sources: [sourceId] } })),
      missing("both", (_own, { agentId, sourceId }) => ({ agentId, retrieval: { sources: [sourceId] } })),
    ],
  },
  "agents.ask": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId, question: "What is the secret?" }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId, question: "What is the secret?" })),
      silent("what it knows", (own) => ({ agentId: own.agentId, question: "What is the secret of the lighthouse keeper?" })),
    ],
  },

  "knowledge.documents.createUpload": {
    tier: "writer",
    right: ({ sourceId }) => ({ sourceId, name: "a.txt", mime: "text/plain", bytes: 1 }),
    cases: [
      missing("the source", (_own, { sourceId }) => ({ sourceId, name: "a.txt", mime: "text/plain", bytes: 1 })),
      missing("a document to replace", (own, { documentId }) => ({
        ...{ sourceId: own.sourceId, name: "a.txt", mime: "text/plain", bytes: 1 },
        replaces: documentId,
      })),
    ],
  },
  "knowledge.documents.completeUpload": {
    tier: "writer",
    right: ({ documentId }) => ({ documentId }),
    cases: [
      missing("a ready document", (_own, { documentId }) => ({ documentId })),
      missing("one that waits for its bytes", (_own, { uploadId }) => ({ documentId: uploadId })),
    ],
  },
  "knowledge.documents.addText": {
    tier: "writer",
    right: ({ sourceId }) => ({ sourceId, name: "a", text: "A." }),
    cases: [missing("the source", (_own, { sourceId }) => ({ sourceId, name: "a", text: "A." }))],
  },
  "knowledge.documents.list": {
    tier: "reader",
    right: none,
    cases: [
      silent("the source to list", (_own, { sourceId }) => ({ sourceId })),
      silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.documents })),
      silent("source and cursor", (_own, { sourceId, cursors }) => ({ sourceId, cursor: cursors.documents })),
    ],
  },
  "knowledge.documents.get": {
    tier: "reader",
    right: ({ documentId }) => ({ documentId }),
    cases: [missing("the document", (_own, { documentId }) => ({ documentId }))],
  },
  "knowledge.documents.delete": {
    tier: "writer",
    right: ({ documentId }) => ({ documentId }),
    cases: [
      missing("a ready document", (_own, { documentId }) => ({ documentId })),
      missing("one that waits for its bytes", (_own, { uploadId }) => ({ documentId: uploadId })),
    ],
  },
  "knowledge.documents.chunks": {
    tier: "reader",
    right: ({ documentId }) => ({ documentId }),
    cases: [
      missing("the document", (_own, { documentId }) => ({ documentId })),
      missing("the document, with a cursor", (_own, { documentId }) => ({ documentId, cursor: Buffer.from("[0]").toString("base64url") })),
    ],
  },
  "knowledge.search": {
    tier: "reader",
    right: () => ({ query: "secret" }),
    cases: [
      missing("a source", (_own, { sourceId }) => ({ query: "secret", sourceIds: [sourceId] })),
      missing("a source among one's own", (own, { sourceId }) => ({ query: "secret", sourceIds: [own.sourceId, sourceId] })),
      missing("the agent", (_own, { agentId }) => ({ query: "secret", agentId })),
      missing("the agent, with one's own source", (own, { agentId }) => ({ query: "secret", agentId, sourceIds: [own.sourceId] })),
      silent("what it knows", () => ({ query: "the secret of the lighthouse keeper" })),
    ],
  },
  "knowledge.onProgress": {
    tier: "reader",
    right: ({ documentId }) => ({ documentId }),
    cases: [
      missing("the document", (_own, { documentId }) => ({ documentId })),
      missing("the document, with a place", (_own, { documentId }) => ({ documentId, lastEventId: "0" })),
      silent("a place", (_own, { lastEventId }) => ({ lastEventId })),
    ],
  },

  "conversations.start": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId, text: "Hello" }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId, text: "Hello" })),
      missing("the agent, as a member, under a message id", (_own, { agentId }) => ({
        agentId,
        text: "Hello",
        as: "member",
        clientMessageId: agentId,
      })),
    ],
  },
  "conversations.send": {
    tier: "writer",
    right: ({ conversationId }) => ({ conversationId, text: "Hello" }),
    cases: [
      missing("the conversation", (_own, { conversationId }) => ({ conversationId, text: "Hello" })),
      missing("the conversation, as a member", (_own, { conversationId }) => ({ conversationId, text: "Hello", as: "member" })),
      missing("an answer, to put it right", (own, { messageId }) => ({
        ...{ conversationId: own.conversationId, text: "Hello", as: "member", corrects: messageId },
      })),
      missing("the conversation, under a message id", (_own, { conversationId }) => ({
        conversationId,
        text: "Hello",
        clientMessageId: "shared",
      })),
    ],
  },
  "conversations.list": {
    tier: "reader",
    right: none,
    cases: [
      silent("the agent to list", (_own, { agentId }) => ({ agentId })),
      silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.conversations })),
      ...inboxListCases,
    ],
  },
  "conversations.get": {
    tier: "reader",
    right: ({ conversationId }) => ({ conversationId }),
    cases: [missing("the conversation", (_own, { conversationId }) => ({ conversationId }))],
  },
  "conversations.messages.list": {
    tier: "reader",
    right: ({ conversationId }) => ({ conversationId }),
    cases: [
      missing("the conversation", (_own, { conversationId }) => ({ conversationId })),
      missing("the conversation, backwards from a cursor", (_own, { conversationId }) => ({
        conversationId,
        order: "desc",
        cursor: Buffer.from("[9]").toString("base64url"),
      })),
    ],
  },
  "conversations.onConversation": {
    tier: "reader",
    right: ({ conversationId }) => ({ conversationId, lastEventId: "0" }),
    cases: [
      missing("the conversation", (_own, { conversationId }) => ({ conversationId })),
      missing("the conversation, from its start", (_own, { conversationId }) => ({ conversationId, lastEventId: "0" })),
      missing("the conversation, in mid-reply", (_own, { conversationId, replyId }) => ({ conversationId, lastEventId: `2.${replyId}.0` })),
      silent("a reply, in one's own conversation", (own, { replyId }) => ({
        conversationId: own.conversationId,
        lastEventId: `2.${replyId}.0`,
      })),
    ],
  },
  "conversations.onWorkspace": {
    tier: "reader",
    right: () => ({ lastEventId: "0" }),
    cases: [silent("a place", (_own, { lastEventId }) => ({ lastEventId })), silent("the start", () => ({ lastEventId: "0" }))],
  },
};
