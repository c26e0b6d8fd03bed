/**
 * A model provider that is watched: one report for each call, with its times and tokens. Adds nothing, keeps nothing of what
 * is said, and passes every part and every failure on as it came.
 *
 * @module
 */
import { AiError, type AiProvider, type ChatModel, type Embedder } from "@axon/ai/provider";
import type { Metrics, ModelCall } from "./metrics.ts";

/** One try within a call: which model, and how it ended. */
export type ModelTry = Parameters<Metrics["modelTried"]>[0];

/** `onCall` and `onTry` must not throw. A reply that its reader leaves before the end counts as `aborted`. */
export function observeProvider(
  provider: AiProvider,
  onCall: (call: ModelCall) => void,
  onTry: (tried: ModelTry) => void = () => {},
): AiProvider {
  return {
    ...provider,
    chat: observeChat(provider.name, provider.chat, onCall, onTry),
    embedder: observeEmbedder(provider.name, provider.embedder, onCall),
    embedderOf: (id) => {
      const embedder = provider.embedderOf(id);
      return embedder && observeEmbedder(provider.name, embedder, onCall);
    },
  };
}

function observeChat(provider: string, chat: ChatModel, onCall: (call: ModelCall) => void, onTry: (tried: ModelTry) => void): ChatModel {
  return {
    id: chat.id,
    async *stream(request, options) {
      const startedAt = performance.now();
      const call: ModelCall = { ...blank(provider, request.model ?? chat.id, "chat"), outcome: "aborted" };
      try {
        for await (const part of chat.stream(request, options)) {
          if (part.type === "usage") {
            call.promptTokens += part.prompt;
            call.completionTokens += part.completion;
          } else if (part.type === "try") onTry({ provider, model: part.model, outcome: part.outcome });
          else call.firstTokenMs ??= performance.now() - startedAt;
          yield part;
        }
        call.outcome = "ok";
      } catch (error) {
        call.outcome = outcomeOf(error, options.signal);
        throw error;
      } finally {
        onCall({ ...call, ms: performance.now() - startedAt });
      }
    },
  };
}

function observeEmbedder(provider: string, embedder: Embedder, onCall: (call: ModelCall) => void): Embedder {
  return {
    ...embedder,
    async embed(texts, options) {
      const startedAt = performance.now();
      const call = blank(provider, embedder.id, "embed");
      try {
        return await embedder.embed(texts, options);
      } catch (error) {
        call.outcome = outcomeOf(error, options.signal);
        throw error;
      } finally {
        onCall({ ...call, ms: performance.now() - startedAt });
      }
    },
  };
}

function blank(provider: string, model: string, kind: ModelCall["kind"]): ModelCall {
  return { provider, model, kind, outcome: "ok", ms: 0, firstTokenMs: null, promptTokens: 0, completionTokens: 0 };
}

function outcomeOf(error: unknown, signal: AbortSignal | undefined): string {
  if (signal?.aborted) return "aborted";
  return error instanceof AiError ? error.code : "failed";
}
