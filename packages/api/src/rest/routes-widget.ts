/** The widget over REST, for visitors that are no web page. The credential is the visitor's token. */

import { attachedFile, attachmentLink, createdAttachment } from "@axon/contracts/attachments";
import { rateEitherOutput, rateResolutionOutput } from "@axon/contracts/csat";
import { typingOutput } from "@axon/contracts/presence";
import { openedWidget, requestHumanOutput, visitorHistory, visitorSendOutput } from "@axon/contracts/widget";
import { routesOf } from "./route.ts";

export const widgetRoutes = routesOf("widget")({
  "widget.open": {
    method: "POST",
    path: "/widget/open",
    summary: "Open the widget of a channel as a new visitor, as one who was here before, or as whom the business has signed",
    output: openedWidget,
  },
  "widget.send": {
    method: "POST",
    path: "/widget/messages",
    summary: "Send a message as the visitor; the first one begins their conversation",
    output: visitorSendOutput,
    status: 201,
  },
  "widget.history": {
    method: "GET",
    path: "/widget/messages",
    summary: "List the messages of the visitor's conversation, newest first",
    output: visitorHistory,
  },
  "widget.rate": {
    method: "PUT",
    path: "/widget/messages/{messageId}/rating",
    summary: "Say whether an answer helped; said again, the last word counts",
    output: rateEitherOutput,
  },
  "widget.rateResolution": {
    method: "PUT",
    path: "/widget/rating",
    summary: "Say how it went, once for each time that the conversation was resolved",
    output: rateResolutionOutput,
  },
  "widget.typing": {
    method: "PUT",
    path: "/widget/typing",
    summary: "Say that the visitor is writing, or has stopped; told to those who look on, for six seconds",
    output: typingOutput,
  },
  "widget.requestHuman": { method: "POST", path: "/widget/request-human", summary: "Ask for a person", output: requestHumanOutput },
  "widget.createUpload": {
    method: "POST",
    path: "/widget/attachments",
    summary: "Announce a file for a message; gives the place to put it",
    output: createdAttachment,
    status: 201,
  },
  "widget.completeUpload": {
    method: "POST",
    path: "/widget/attachments/{attachmentId}/complete",
    summary: "Say that a file has been uploaded, and have it looked at",
    output: attachedFile,
  },
  "widget.attachmentLink": {
    method: "GET",
    path: "/widget/attachments/{attachmentId}/link",
    summary: "Get a link to a file of the conversation that lasts ten minutes",
    output: attachmentLink,
  },
});
