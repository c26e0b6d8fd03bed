/** Conversations over REST. Following them live is not among it: that is what the subscriptions are for. */
import { conversation, message } from "@axon/contracts/conversations";
import { rateEitherOutput, rateResolutionOutput } from "@axon/contracts/csat";
import { typingOutput } from "@axon/contracts/presence";
import { z } from "zod";
import { pageOf, routesOf } from "./route.ts";
import { contactRoutes } from "./routes-contacts.ts";
import { inboxRoutes } from "./routes-inbox.ts";

export const conversationRoutes = routesOf("conversations")({
  ...inboxRoutes,
  ...contactRoutes,
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
  "conversations.typing": {
    method: "PUT",
    path: "/conversations/{conversationId}/typing",
    summary: "Say that somebody is writing, or has stopped; told to those who follow the conversation now, for six seconds",
    output: typingOutput,
  },
  "conversations.rate": {
    method: "PUT",
    path: "/conversations/{conversationId}/messages/{messageId}/rating",
    summary: "Rate an answer of the agent; rated again, the last word counts",
    output: rateEitherOutput,
  },
  "conversations.rateResolution": {
    method: "PUT",
    path: "/conversations/{conversationId}/rating",
    summary: "Say, for its customer, how a conversation was resolved; once for each time it was",
    output: rateResolutionOutput,
  },
  "conversations.setStatus": {
    method: "PUT",
    path: "/conversations/{conversationId}/status",
    summary: "Open a conversation, have it wait for a person, put it off, or resolve it",
    output: conversation,
  },
  "conversations.snooze": {
    method: "POST",
    path: "/conversations/{conversationId}/snooze",
    summary: "Put a conversation off until a time; a message of the customer wakes it before",
    output: conversation,
  },
  "conversations.takeOver": {
    method: "POST",
    path: "/conversations/{conversationId}/take-over",
    summary: "Take a conversation from its agent",
    output: conversation,
  },
  "conversations.returnToAi": {
    method: "POST",
    path: "/conversations/{conversationId}/return-to-ai",
    summary: "Give a conversation back to its agent, who answers what is unanswered",
    output: conversation,
  },
  "conversations.messages.list": {
    method: "GET",
    path: "/conversations/{conversationId}/messages",
    summary: "List the messages of a conversation",
    output: pageOf(message),
  },
});
