/** Agents over REST. */
import { agent } from "@axon/contracts/agents";
import { askOutput } from "@axon/contracts/answers";
import { pageOf, routesOf } from "./route.ts";

export const agentRoutes = routesOf("agents")({
  "agents.list": { method: "GET", path: "/agents", summary: "List the agents, oldest first", output: pageOf(agent) },
  "agents.get": { method: "GET", path: "/agents/{agentId}", summary: "Get an agent with its settings", output: agent },
  "agents.create": { method: "POST", path: "/agents", summary: "Create an agent", output: agent, status: 201 },
  "agents.update": {
    method: "PATCH",
    path: "/agents/{agentId}",
    summary: "Change settings of an agent; only what is given changes",
    output: agent,
  },
  "agents.ask": {
    method: "POST",
    path: "/agents/{agentId}/ask",
    summary: "Ask an agent one question, without keeping a conversation; the answer comes whole, with its citations, confidence and trace",
    output: askOutput,
  },
});
