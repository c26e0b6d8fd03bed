/** Agents: their settings, drafts and versions, and asking one directly. */
import {
  agentRef,
  attachKnowledgeInput,
  createAgentInput,
  detachKnowledgeInput,
  duplicateAgentInput,
  lintAgentInput,
  listAgentsInput,
  listVersionsInput,
  publishAgentInput,
  restoreVersionInput,
  updateAgentInput,
  versionRef,
} from "@axon/contracts/agents";
import { askInput } from "@axon/contracts/answers";
import { calibrationInput } from "@axon/contracts/calibration";
import { holds } from "@axon/contracts/permissions";
import {
  archiveAgent,
  attachKnowledge,
  createAgent,
  detachKnowledge,
  duplicateAgent,
  getAgent,
  getVersion,
  goldenGate,
  lintAgent,
  listAgents,
  listVersions,
  publishAgent,
  restoreVersion,
  updateAgent,
} from "@axon/core/agents";
import { calibrateAgent } from "@axon/core/analytics";
import { askAgent } from "@axon/core/conversations";
import { readingProcedure, router, workspaceProcedure } from "../trpc.ts";
import { evaluationProcedures } from "./evaluation.ts";

/** A question's answer is waited for this long, in milliseconds. */
const askTimeoutMs = 120_000;

const reading = workspaceProcedure("agents.read");
const onlyReading = readingProcedure("agents.read");
const writing = workspaceProcedure("agents.write");

export const agentsRouter = router({
  list: onlyReading
    .input(listAgentsInput.prefault({}))
    .query(({ ctx, input }) => ctx.run((ws) => listAgents(ws, input, ctx.services.agentDefaults))),
  get: onlyReading.input(agentRef).query(({ ctx, input }) => ctx.run((ws) => getAgent(ws, input.agentId, ctx.services.agentDefaults))),
  create: writing
    .input(createAgentInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => createAgent(ws, input, ctx.accountId, ctx.services.agentDefaults))),
  calibration: reading
    .input(calibrationInput)
    .query(({ ctx, input }) => ctx.run((ws) => calibrateAgent(ws, input, ctx.services.agentDefaults))),
  update: writing.input(updateAgentInput).mutation(({ ctx, input }) => ctx.run((ws) => updateAgent(ws, input, ctx.services.agentDefaults))),
  publish: writing.input(publishAgentInput).mutation(({ ctx, input }) => {
    const { kind, standing } = ctx.principal;
    const mayForce = standing !== null && holds(kind, standing, "agents.forcePublish");
    return ctx.run((ws) =>
      publishAgent(ws, input, {
        by: ctx.accountId,
        defaults: ctx.services.agentDefaults,
        gate: (within, candidate) => goldenGate(within, candidate, mayForce),
      }),
    );
  }),
  versions: router({
    list: reading.input(listVersionsInput).query(({ ctx, input }) => ctx.run((ws) => listVersions(ws, input))),
    get: reading.input(versionRef).query(({ ctx, input }) => ctx.run((ws) => getVersion(ws, input))),
    restore: writing
      .input(restoreVersionInput)
      .mutation(({ ctx, input }) => ctx.run((ws) => restoreVersion(ws, input, ctx.accountId, ctx.services.agentDefaults))),
  }),
  duplicate: writing
    .input(duplicateAgentInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => duplicateAgent(ws, input, ctx.accountId, ctx.services.agentDefaults))),
  archive: writing
    .input(agentRef)
    .mutation(({ ctx, input }) => ctx.run((ws) => archiveAgent(ws, input.agentId, ctx.services.agentDefaults))),
  attachKnowledge: writing
    .input(attachKnowledgeInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => attachKnowledge(ws, input, ctx.accountId, ctx.services.agentDefaults))),
  detachKnowledge: writing
    .input(detachKnowledgeInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => detachKnowledge(ws, input, ctx.accountId, ctx.services.agentDefaults))),
  // Changes nothing; a mutation because instructions are longer than what a URL takes.
  lint: reading.input(lintAgentInput).mutation(({ ctx, input }) => ctx.run((ws) => lintAgent(ws, input))),
  ...evaluationProcedures,
  ask: workspaceProcedure("agents.ask", "model")
    .input(askInput)
    .mutation(({ ctx, input, signal }) =>
      askAgent(
        ctx.services.answers,
        ctx.workspaceId,
        input,
        AbortSignal.any([AbortSignal.timeout(askTimeoutMs), ...(signal ? [signal] : [])]),
      ),
    ),
});
