/**
 * A one-off question: the whole answer with its trace, and no conversation kept.
 *
 * @module
 */
import type { AskOutput, askInput } from "@axon/contracts/answers";
import type { z } from "zod";
import { readAgent } from "../agents/index.ts";
import { answerQuestion } from "./answer-question.ts";
import type { ReplyDeps } from "./deps.ts";

/**
 * Refuses with `not_found`. When the agent would hand over, `answer` is what the customer would be told instead, and the
 * trace says why.
 */
export async function askAgent(
  deps: Pick<ReplyDeps, "inWorkspace" | "provider">,
  workspaceId: string,
  input: z.output<typeof askInput>,
  signal: AbortSignal,
): Promise<AskOutput> {
  const agent = await deps.inWorkspace(workspaceId, (ws) => readAgent(ws, input.agentId));
  for await (const part of answerQuestion(deps, { workspaceId, agent, question: input.question, history: input.history }, signal)) {
    if (part.type !== "final") continue;
    const { action, text, citations, confidence, trace } = part.result;
    if (action === "answer") return { answer: text, action, citations, confidence, trace };
    return { answer: agent.settings.handoff.message ?? agent.settings.fallbackMessage, action, citations: [], confidence, trace };
  }
  throw new Error("an answer ended without a result");
}
