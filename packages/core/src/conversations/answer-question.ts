/**
 * Asking an agent: its settings, the workspace's knowledge and the model, brought together.
 *
 * @module
 */
import { type AnswerPart, answer } from "@axon/ai/answer";
import type { AgentSettings } from "@axon/contracts/agents";
import type { HistoryTurn } from "@axon/contracts/answers";
import { retrieve } from "../knowledge/index.ts";
import type { ReplyDeps } from "./deps.ts";

export interface Question {
  workspaceId: string;
  agent: { version: number; settings: AgentSettings };
  question: string;
  history: HistoryTurn[];
}

/** The agent's threshold in force: its own, or the fitted point of the provider that answers. */
export function thresholdOf(settings: AgentSettings, deps: Pick<ReplyDeps, "provider">): number {
  return settings.confidenceThreshold ?? deps.provider.confidence.threshold;
}

/** Streams the answer; no transaction is open while the model thinks. Throws the signal's reason when aborted. */
export function answerQuestion(
  deps: Pick<ReplyDeps, "inWorkspace" | "provider">,
  asked: Question,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  const { settings, version } = asked.agent;
  const { name, systemPrompt, greeting, model, temperature, maxTokens, language } = settings;
  return answer(
    {
      provider: deps.provider,
      retrieve: (query) =>
        deps.inWorkspace(asked.workspaceId, (ws) =>
          retrieve(ws, { ...query, sourceIds: settings.retrieval.sources, embedder: deps.provider.embedder.id }),
        ),
    },
    {
      question: asked.question,
      history: asked.history,
      agent: { name, systemPrompt, greeting, model, temperature, maxTokens, language, version },
      retrieval: { topK: settings.retrieval.topK, minScore: settings.retrieval.minScore },
      threshold: thresholdOf(settings, deps),
    },
    { signal },
  );
}
