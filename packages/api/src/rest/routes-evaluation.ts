/** Golden questions, evaluations and replays over REST: a part of the agents' table. */
import { createManyGoldenOutput, evaluation, evaluationResult, goldenQuestion } from "@axon/contracts/evaluation";
import { replayOutput } from "@axon/contracts/replay";
import { ok, pageOf, type RestRoute } from "./route.ts";

export const evaluationRoutes = {
  "agents.golden.create": {
    method: "POST",
    path: "/agents/{agentId}/golden-questions",
    summary: "Add a golden question: what an agent must answer, or must hand over",
    output: goldenQuestion,
    status: 201,
  },
  "agents.golden.createMany": {
    method: "POST",
    path: "/agents/{agentId}/golden-questions/import",
    summary: "Add many golden questions, all of them or none",
    output: createManyGoldenOutput,
    status: 201,
  },
  "agents.golden.list": {
    method: "GET",
    path: "/agents/{agentId}/golden-questions",
    summary: "List an agent's golden questions",
    output: pageOf(goldenQuestion),
  },
  "agents.golden.update": {
    method: "PATCH",
    path: "/golden-questions/{questionId}",
    summary: "Change a golden question; only what is given changes",
    output: goldenQuestion,
  },
  "agents.golden.delete": { method: "DELETE", path: "/golden-questions/{questionId}", summary: "Delete a golden question", output: ok },
  "agents.evaluate": {
    method: "POST",
    path: "/agents/{agentId}/evaluations",
    summary: "Try an agent's golden questions against its draft or a version, beside the live one",
    output: evaluation,
    status: 201,
  },
  "agents.evaluations.list": {
    method: "GET",
    path: "/agents/{agentId}/evaluations",
    summary: "List the runs of an agent's golden questions, newest first",
    output: pageOf(evaluation),
  },
  "agents.evaluations.get": {
    method: "GET",
    path: "/evaluations/{evaluationId}",
    summary: "Get a run and how far it has come",
    output: evaluation,
  },
  "agents.evaluations.results": {
    method: "GET",
    path: "/evaluations/{evaluationId}/results",
    summary: "List what came of each question of a run, and why it was not passed",
    output: pageOf(evaluationResult),
  },
  "agents.evaluations.cancel": {
    method: "POST",
    path: "/evaluations/{evaluationId}/cancel",
    summary: "Stop a run; one that has ended stays as it is",
    output: evaluation,
  },
  "agents.replay": {
    method: "POST",
    path: "/replays",
    summary: "Answer a stored turn again, with another version or the knowledge of another time, beside what was said then",
    output: replayOutput,
  },
} as const satisfies Record<string, RestRoute>;
