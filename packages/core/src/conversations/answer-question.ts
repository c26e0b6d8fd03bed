/**
 * Asking an agent: its settings, the workspace's knowledge and the model, brought together.
 *
 * @module
 */
import { type AnswerPart, answer } from "@axon/ai/answer";
import type { TalkTurn } from "@axon/ai/history/condense";
import type { AgentSettings } from "@axon/contracts/agents";
import { agentFilter, embedderInForce, findApproved, liveChunks, retrieve } from "../knowledge/index.ts";
import type { ReplyDeps } from "./deps.ts";

export interface Question {
  workspaceId: string;
  agent: { id?: string; version: number; settings: AgentSettings };
  question: string;
  history: readonly TalkTurn[];
  /** An ISO instant: answered from the knowledge as it was then. Absent: as it is. */
  asOf?: string;
}

/** The agent's threshold in force: its own, or the fitted point of the provider that answers. */
export function thresholdOf(settings: AgentSettings, deps: Pick<ReplyDeps, "provider">): number {
  return settings.confidenceThreshold ?? deps.provider.confidence.threshold;
}

/** Streams the answer; no transaction is open while the model thinks. Throws the signal's reason when aborted. */
export async function* answerQuestion(
  deps: Pick<ReplyDeps, "inWorkspace" | "provider">,
  asked: Question,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  const { id, settings, version } = asked.agent;
  const current = deps.provider.embedder;
  const embedder = await deps.inWorkspace(asked.workspaceId, (ws) => embedderInForce(ws, current, deps.provider.embedderOf));
  const { name, systemPrompt, greeting, model, temperature, maxTokens, language } = settings;
  const at = asked.asOf === undefined ? {} : { asOf: asked.asOf };
  const scope = { sourceIds: settings.retrieval.sources, filter: agentFilter(settings.retrieval), embedder: embedder.id, ...at };
  const followsUp = asked.history.some(({ role, text }) => role === "user" && text.trim() !== "");
  yield* answer(
    {
      provider: { ...deps.provider, embedder },
      retrieve: (query) => deps.inWorkspace(asked.workspaceId, (ws) => retrieve(ws, { ...query, ...scope })),
      approved: (question, query) =>
        deps.inWorkspace(asked.workspaceId, (ws) => findApproved(ws, { ...scope, followsUp }, question, query)),
      stillLive: (chunkIds) => deps.inWorkspace(asked.workspaceId, (ws) => liveChunks(ws, chunkIds)),
    },
    {
      question: asked.question,
      history: asked.history,
      agent: { name, systemPrompt, greeting, model, temperature, maxTokens, language, version, ...(id !== undefined && { id }) },
      retrieval: { topK: settings.retrieval.topK, minScore: settings.retrieval.minScore },
      threshold: thresholdOf(settings, deps),
      ...at,
    },
    { signal },
  );
}
