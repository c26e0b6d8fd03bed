/** Agents: their settings, and asking one directly. */
import { agentRef, createAgentInput, listAgentsInput, updateAgentInput } from "@axon/contracts/agents";
import { askInput } from "@axon/contracts/answers";
import { createAgent, getAgent, listAgents, updateAgent } from "@axon/core/agents";
import { askAgent } from "@axon/core/conversations";
import { router, workspaceProcedure } from "../trpc.ts";

/** A question's answer is waited for this long, in milliseconds. */
const askTimeoutMs = 120_000;

export const agentsRouter = router({
  list: workspaceProcedure("agents.read")
    .input(listAgentsInput.prefault({}))
    .query(({ ctx, input }) => ctx.run((ws) => listAgents(ws, input, ctx.services.agentDefaults))),
  get: workspaceProcedure("agents.read")
    .input(agentRef)
    .query(({ ctx, input }) => ctx.run((ws) => getAgent(ws, input.agentId, ctx.services.agentDefaults))),
  create: workspaceProcedure("agents.write")
    .input(createAgentInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => createAgent(ws, input, ctx.accountId, ctx.services.agentDefaults))),
  update: workspaceProcedure("agents.write")
    .input(updateAgentInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => updateAgent(ws, input, ctx.accountId, ctx.services.agentDefaults))),
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
