/** Agents, their settings and versions, and whether they answer. */
export { attachKnowledge, detachKnowledge } from "./attach-knowledge.ts";
export { requireUsable } from "./change-agent.ts";
export { createAgent } from "./create-agent.ts";
export { duplicateAgent } from "./duplicate-agent.ts";
export { claimEvaluation, releaseEvaluation, renewEvaluation, requeueEvaluation, storeResult } from "./evaluation-lease.ts";
export { cancelEvaluation, type EvaluationRow, getEvaluation, listEvaluations, listResults, startEvaluation } from "./evaluations.ts";
export { createGolden, createManyGolden, deleteGolden, listGolden, updateGolden } from "./golden.ts";
export { goldenGate } from "./golden-gate.ts";
export { judgeGolden } from "./judge-golden.ts";
export { lintAgent } from "./lint/lint-agent.ts";
export { getAgent, listAgents } from "./list-agents.ts";
export { type PublishGate, publishAgent } from "./publish-agent.ts";
export { archiveAgent } from "./set-status.ts";
export { updateAgent } from "./update-agent.ts";
export { getVersion, listVersions, restoreVersion } from "./versions.ts";
export { type AgentDefaults, type ReadAgent, readAgent, readAgentAt } from "./view.ts";
