/**
 * A one-off question: the whole answer with its trace, and no conversation kept.
 *
 * @module
 */
import type { AskOutput, askInput } from "@axon/contracts/answers";
import type { z } from "zod";
import { readAgent, readAgentAt } from "../agents/index.ts";
import { Refusal } from "../errors.ts";
import { answerQuestion } from "./answer-question.ts";
import type { ReplyDeps } from "./deps.ts";
import { inLanguageOf } from "./settle-turn.ts";

/**
 * Asks the live version, or the one that is named: nothing is kept, nobody is told and nothing is counted, whichever it is.
 * When the agent would hand over, `answer` is what the customer would be told instead, and the trace says why. Refuses with
 * `not_found` (the agent, the version), and with `invalid_state` when the agent is archived.
 */
export async function askAgent(
  deps: Pick<ReplyDeps, "inWorkspace" | "provider">,
  workspaceId: string,
  input: z.output<typeof askInput>,
  signal: AbortSignal,
): Promise<AskOutput> {
  const { agentId, version } = input;
  const agent = await deps.inWorkspace(workspaceId, (ws) =>
    version === undefined ? readAgent(ws, agentId) : readAgentAt(ws, agentId, version),
  );
  if (agent.status === "archived") throw new Refusal("invalid_state", "This agent is archived");
  for await (const part of answerQuestion(deps, { workspaceId, agent, question: input.question, history: input.history }, signal)) {
    if (part.type !== "final") continue;
    const { action, text, citations, confidence, trace } = part.result;
    if (action === "answer") return { answer: text, action, citations, confidence, trace };
    const { handoff, fallbackMessage } = inLanguageOf(part.result, agent.settings);
    return { answer: handoff.message ?? fallbackMessage, action, citations: [], confidence, trace };
  }
  throw new Error("an answer ended without a result");
}
