/**
 * The entries of contacts, files and exports in the table of isolation cases.
 *
 * @module
 */
import type { openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });

export interface ContactThings {
  /** A file of the visitor's first message. */
  attachmentId: string;
}

/** Leaves a file with the first message of a conversation. */
export async function newContactThings(
  workspaceId: string,
  conversationId: string,
  database: ReturnType<typeof openPool>,
): Promise<ContactThings> {
  const attachmentId = newId();
  await database`
    insert into attachment (workspace_id, id, conversation_id, message_id, sender_kind, name, mime, bytes, state)
    select workspace_id, ${attachmentId}, conversation_id, id, 'visitor', 'shot.png', 'image/png', 1, 'ready' from message
    where workspace_id = ${workspaceId} and conversation_id = ${conversationId} and seq = 1`;
  return { attachmentId };
}

const file = { name: "a.txt", mime: "text/plain", bytes: 5 };
const contactOf = (more: object = {}): Pick<Entry, "right" | "cases"> => ({
  right: ({ visitorId }) => ({ contactId: visitorId, ...more }),
  cases: [missing("the contact", (_own, { visitorId }) => ({ contactId: visitorId, ...more }))],
});
const fileOf: Pick<Entry, "right" | "cases"> = {
  right: ({ attachmentId }) => ({ attachmentId }),
  cases: [missing("the file", (_own, { attachmentId }) => ({ attachmentId }))],
};

export const contactEntries: Record<string, Entry> = {
  "conversations.contacts.list": {
    tier: "reader",
    right: () => ({}),
    cases: [silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.agents })), silent("nothing to name", () => ({ query: "v" }))],
  },
  "conversations.contacts.get": { tier: "reader", ...contactOf() },
  "conversations.contacts.export": { tier: "reader", ...contactOf() },
  "conversations.contacts.update": { tier: "writer", ...contactOf({ name: "Mine" }) },
  "conversations.contacts.merge": {
    tier: "writer",
    right: ({ visitorId }) => ({ fromId: visitorId, intoId: newId() }),
    cases: [
      missing("who is merged", (own, { visitorId }) => ({ fromId: visitorId, intoId: own.visitorId })),
      missing("who stays", (own, { visitorId }) => ({ fromId: own.visitorId, intoId: visitorId })),
    ],
  },
  "conversations.contacts.delete": { tier: "manager", ...contactOf() },
  "conversations.contacts.erasures.list": {
    tier: "manager",
    right: () => ({}),
    cases: [silent("the contact to list", (_own, { visitorId }) => ({ contactId: visitorId }))],
  },
  "conversations.attachments.createUpload": {
    tier: "writer",
    right: ({ conversationId }) => ({ conversationId, ...file }),
    cases: [missing("the conversation", (_own, { conversationId }) => ({ conversationId, ...file }))],
  },
  "conversations.attachments.completeUpload": { tier: "writer", ...fileOf },
  "conversations.attachments.link": { tier: "reader", ...fileOf },
  "conversations.export": {
    tier: "reader",
    right: ({ conversationId }) => ({ conversationId }),
    cases: [
      missing("the conversation", (_own, { conversationId }) => ({ conversationId })),
      missing("the conversation, as text", (_own, { conversationId }) => ({ conversationId, format: "text" })),
    ],
  },
  "widget.createUpload": { tier: "visitor", right: () => file, cases: [silent("nothing to name", () => file)] },
  "widget.completeUpload": { tier: "visitor", ...fileOf },
  "widget.attachmentLink": { tier: "visitor", ...fileOf },
};
