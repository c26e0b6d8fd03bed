/** Agents and their settings. */
export { createAgent } from "./create-agent.ts";
export { getAgent, listAgents } from "./list-agents.ts";
export { updateAgent } from "./update-agent.ts";
export { type AgentDefaults, readAgent } from "./view.ts";
