/** The inbox over REST: a part of the conversations' table. */
import { conversation, message } from "@axon/contracts/conversations";
import { importOutput, inboxCounts, messageHit } from "@axon/contracts/inbox";
import { z } from "zod";
import { pageOf, type RestRoute } from "./route.ts";

export const inboxRoutes = {
  "conversations.assign": {
    method: "PUT",
    path: "/conversations/{conversationId}/assignee",
    summary: "Give a conversation to a member, or to nobody",
    output: conversation,
  },
  "conversations.tag": {
    method: "PUT",
    path: "/conversations/{conversationId}/tags/{tag}",
    summary: "Tag a conversation",
    output: conversation,
  },
  "conversations.untag": {
    method: "DELETE",
    path: "/conversations/{conversationId}/tags/{tag}",
    summary: "Take a tag off a conversation",
    output: conversation,
  },
  "conversations.setPriority": {
    method: "PUT",
    path: "/conversations/{conversationId}/priority",
    summary: "Say how urgent a conversation is",
    output: conversation,
  },
  "conversations.setAttributes": {
    method: "PATCH",
    path: "/conversations/{conversationId}/attributes",
    summary: "Set or take away attributes of a conversation; those not named stay",
    output: conversation,
  },
  "conversations.note": {
    method: "POST",
    path: "/conversations/{conversationId}/notes",
    summary: "Write a note for the team, which no customer and no agent sees",
    output: z.object({ message }),
    status: 201,
  },
  "conversations.counts": {
    method: "GET",
    path: "/inbox/counts",
    summary: "Count the inbox's corners, each up to a cap",
    output: inboxCounts,
  },
  "conversations.search": {
    method: "GET",
    path: "/inbox/search",
    summary: "Find messages by their words, the newest first",
    output: pageOf(messageHit),
  },
  "conversations.import": {
    method: "POST",
    path: "/conversations/import",
    summary: "Bring in conversations from elsewhere; nothing is answered, and what is there already stays as it is",
    output: importOutput,
  },
} as const satisfies Record<string, RestRoute>;
