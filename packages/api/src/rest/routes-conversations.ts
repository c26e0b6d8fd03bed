/** Conversations over REST. Following them live is not among it: that is what the subscriptions are for. */
import { rateOutput } from "@axon/contracts/calibration";
import { conversation, message } from "@axon/contracts/conversations";
import { z } from "zod";
import { pageOf, routesOf } from "./route.ts";

export const conversationRoutes = routesOf("conversations")({
  "conversations.start": {
    method: "POST",
    path: "/conversations",
    summary: "Start a conversation with its first message",
    output: z.object({ conversation, message }),
    status: 201,
  },
  "conversations.list": {
    method: "GET",
    path: "/conversations",
    summary: "List conversations, newest first",
    output: pageOf(conversation),
  },
  "conversations.get": { method: "GET", path: "/conversations/{conversationId}", summary: "Get a conversation", output: conversation },
  "conversations.send": {
    method: "POST",
    path: "/conversations/{conversationId}/messages",
    summary: "Send a message, as the customer or as a member of the team",
    output: z.object({ message }),
    status: 201,
  },
  "conversations.rate": {
    method: "PUT",
    path: "/conversations/{conversationId}/messages/{messageId}/rating",
    summary: "Rate an answer of the agent; rated again, the last word counts",
    output: rateOutput,
  },
  "conversations.messages.list": {
    method: "GET",
    path: "/conversations/{conversationId}/messages",
    summary: "List the messages of a conversation",
    output: pageOf(message),
  },
});
