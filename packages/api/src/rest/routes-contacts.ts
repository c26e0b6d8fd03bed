/** Contacts and files over REST: a part of the conversations' table. */
import { attachedFile, attachmentLink, createdAttachment } from "@axon/contracts/attachments";
import { contact, contactDetail, contactExport, conversationExport, erasure } from "@axon/contracts/contacts";
import { pageOf, type RestRoute } from "./route.ts";

export const contactRoutes = {
  "conversations.contacts.list": {
    method: "GET",
    path: "/contacts",
    summary: "List contacts, the latest to come first",
    output: pageOf(contact),
  },
  "conversations.contacts.get": {
    method: "GET",
    path: "/contacts/{contactId}",
    summary: "Get a contact; the id of one that was merged gives whom it was merged into",
    output: contactDetail,
  },
  "conversations.contacts.update": {
    method: "PATCH",
    path: "/contacts/{contactId}",
    summary: "Change what is known of a contact; what is not named stays",
    output: contactDetail,
  },
  "conversations.contacts.merge": {
    method: "POST",
    path: "/contacts/{intoId}/merge",
    summary: "Make two contacts one, who are one person",
    output: contactDetail,
  },
  "conversations.contacts.export": {
    method: "GET",
    path: "/contacts/{contactId}/export",
    summary: "Take away everything that is kept about a person, page by page",
    output: contactExport,
  },
  "conversations.contacts.delete": {
    method: "DELETE",
    path: "/contacts/{contactId}",
    summary: "Erase a person's data for good, and count what went; a job does what takes long",
    output: erasure,
  },
  "conversations.contacts.erasures.list": {
    method: "GET",
    path: "/contacts/erasures",
    summary: "List whose data was erased, and what that removed",
    output: pageOf(erasure),
  },
  "conversations.attachments.createUpload": {
    method: "POST",
    path: "/conversations/{conversationId}/attachments",
    summary: "Announce a file for a message; gives the place to put it",
    output: createdAttachment,
    status: 201,
  },
  "conversations.attachments.completeUpload": {
    method: "POST",
    path: "/attachments/{attachmentId}/complete",
    summary: "Say that a file has been uploaded, and have it looked at",
    output: attachedFile,
  },
  "conversations.attachments.link": {
    method: "GET",
    path: "/attachments/{attachmentId}/link",
    summary: "Get a link to a file that lasts ten minutes",
    output: attachmentLink,
  },
  "conversations.export": {
    method: "GET",
    path: "/conversations/{conversationId}/export",
    summary: "Take away a conversation, as JSON or as text",
    output: conversationExport,
  },
} as const satisfies Record<string, RestRoute>;
