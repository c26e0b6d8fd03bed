/** Analytics over REST. */
import { gap } from "@axon/contracts/gaps";
import { ok, pageOf, routesOf } from "./route.ts";

export const analyticsRoutes = routesOf("analytics")({
  "analytics.gaps": {
    method: "GET",
    path: "/analytics/gaps",
    summary: "List questions that nothing answered, those that ask about the same together, with the words that no document has",
    output: pageOf(gap),
  },
  "analytics.dismissGap": {
    method: "POST",
    path: "/analytics/gaps/{gapId}/dismiss",
    summary: "Dismiss questions that need no answer, now and when they are asked again",
    output: ok,
  },
});
