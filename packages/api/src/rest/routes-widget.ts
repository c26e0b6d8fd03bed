/** The widget over REST, for visitors that are no web page. The credential is the visitor's token. */
import { rateOutput } from "@axon/contracts/calibration";
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
    output: rateOutput,
  },
  "widget.requestHuman": { method: "POST", path: "/widget/request-human", summary: "Ask for a person", output: requestHumanOutput },
});
