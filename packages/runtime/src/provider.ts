/**
 * Which model answers, and which when that one cannot.
 *
 * @module
 */
import { createLocalProvider } from "@axon/ai/local/provider";
import { createOpenAiProvider } from "@axon/ai/openai/provider";
import type { AiProvider } from "@axon/ai/provider";
import { createResilientProvider } from "@axon/ai/resilience/resilient";
import type { Env } from "@axon/config/env";
import type { Logger } from "@axon/config/logger";
import { currentRequest } from "./parts.ts";

/** Of a reply's time, the share that the first model may be silent when another stands ready. */
const patienceShare = 1 / 3;

/** OpenAI, or any server that speaks its protocol, when there is a key; the built-in local provider otherwise. */
export function createProvider(env: Pick<Env, "openai">, log: Pick<Logger, "warn">): AiProvider {
  if (env.openai === null) return createLocalProvider();
  const { apiKey, baseUrl, model, embeddingModel, embeddingDimensions, fallback, timeoutMs, firstByteMs, prices } = env.openai;
  const common = { embeddingModel, firstByteMs, prices, requestId: currentRequest };
  const patienceMs = Math.round(timeoutMs * patienceShare);
  const first = createOpenAiProvider({
    ...common,
    apiKey,
    model,
    timeoutMs,
    ...(baseUrl !== null && { baseUrl }),
    ...(embeddingDimensions !== null && { embeddingDimensions }),
  });
  const second =
    fallback &&
    createOpenAiProvider({
      ...common,
      apiKey: fallback.apiKey,
      model: fallback.model,
      timeoutMs: timeoutMs - patienceMs,
      ...(fallback.baseUrl !== null && { baseUrl: fallback.baseUrl }),
    });
  return createResilientProvider(first, {
    fallback: second,
    patienceMs,
    onChange: (breaker) => log.warn({ breaker }, `a model's breaker is ${breaker.state}`),
  });
}
