/** Agents over REST. */
import { agent, agentVersionInfo, agentVersionWhole, changedAgent, lintOutput } from "@axon/contracts/agents";
import { askOutput } from "@axon/contracts/answers";
import { calibration } from "@axon/contracts/calibration";
import { pageOf, routesOf } from "./route.ts";
import { evaluationRoutes } from "./routes-evaluation.ts";

export const agentRoutes = routesOf("agents")({
  "agents.list": { method: "GET", path: "/agents", summary: "List the agents, oldest first", output: pageOf(agent) },
  "agents.get": { method: "GET", path: "/agents/{agentId}", summary: "Get an agent with its live settings and its draft", output: agent },
  "agents.create": { method: "POST", path: "/agents", summary: "Create an agent", output: agent, status: 201 },
  "agents.update": {
    method: "PATCH",
    path: "/agents/{agentId}",
    summary: "Change settings of an agent's draft, or its status, which takes effect at once; only what is given changes",
    output: changedAgent,
  },
  "agents.publish": {
    method: "POST",
    path: "/agents/{agentId}/publish",
    summary: "Make an agent's draft its live version",
    output: changedAgent,
  },
  "agents.versions.list": {
    method: "GET",
    path: "/agents/{agentId}/versions",
    summary: "List the versions of an agent, newest first",
    output: pageOf(agentVersionInfo),
  },
  "agents.versions.get": {
    method: "GET",
    path: "/agents/{agentId}/versions/{version}",
    summary: "Get a version of an agent with its settings",
    output: agentVersionWhole,
  },
  "agents.versions.restore": {
    method: "POST",
    path: "/agents/{agentId}/versions/{version}/restore",
    summary: "Make the settings of an earlier version live again, as a new version; the draft stays",
    output: changedAgent,
  },
  "agents.duplicate": {
    method: "POST",
    path: "/agents/{agentId}/duplicate",
    summary: "Copy an agent with its draft; the copy answers nobody until it is published",
    output: agent,
    status: 201,
  },
  "agents.archive": {
    method: "POST",
    path: "/agents/{agentId}/archive",
    summary: "Take an agent out of service; refused while channels use it",
    output: agent,
  },
  "agents.attachKnowledge": {
    method: "PUT",
    path: "/agents/{agentId}/sources/{sourceId}",
    summary: "Have an agent answer from a source, at once",
    output: agent,
  },
  "agents.detachKnowledge": {
    method: "DELETE",
    path: "/agents/{agentId}/sources/{sourceId}",
    summary: "Have an agent answer without a source, at once; without its last one it answers from all only when that is said",
    output: agent,
  },
  "agents.lint": {
    method: "POST",
    path: "/agents/lint",
    summary: "Read an agent's instructions, or a text, for what works against how Axon answers",
    output: lintOutput,
  },
  "agents.calibration": {
    method: "GET",
    path: "/agents/{agentId}/calibration",
    summary: "Measure an agent's confidence on how its replies fared: reliability curve, error, and a threshold for a wanted precision",
    output: calibration,
  },
  ...evaluationRoutes,
  "agents.ask": {
    method: "POST",
    path: "/agents/{agentId}/ask",
    summary: "Ask an agent one question, without keeping a conversation; the answer comes whole, with its citations, confidence and trace",
    output: askOutput,
  },
});
