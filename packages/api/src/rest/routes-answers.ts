/** Approved answers over REST: a part of knowledge's table. */
import { approvedAnswer, approvedHit } from "@axon/contracts/approved";
import { ok, pageOf, type RestRoute } from "./route.ts";

export const answerRoutes = {
  "knowledge.answers.create": {
    method: "POST",
    path: "/answers",
    summary: "Approve an answer for up to ten questions, or a reply from a conversation",
    output: approvedAnswer,
    status: 201,
  },
  "knowledge.answers.list": {
    method: "GET",
    path: "/answers",
    summary: "List approved answers, oldest first",
    output: pageOf(approvedAnswer),
  },
  "knowledge.answers.get": { method: "GET", path: "/answers/{answerId}", summary: "Get an approved answer", output: approvedAnswer },
  "knowledge.answers.update": {
    method: "PATCH",
    path: "/answers/{answerId}",
    summary: "Change an approved answer; only what is given changes, from the next question on",
    output: approvedAnswer,
  },
  "knowledge.answers.delete": {
    method: "DELETE",
    path: "/answers/{answerId}",
    summary: "Delete an approved answer with its text",
    output: ok,
  },
  "knowledge.answers.hits": {
    method: "GET",
    path: "/answers/{answerId}/hits",
    summary: "List when an approved answer was given, and to which question",
    output: pageOf(approvedHit),
  },
} as const satisfies Record<string, RestRoute>;
