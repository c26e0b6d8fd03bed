/**
 * Which model answers.
 *
 * @module
 */
import { createLocalProvider } from "@axon/ai/local/provider";
import { createOpenAiProvider } from "@axon/ai/openai/provider";
import type { AiProvider } from "@axon/ai/provider";
import type { Env } from "@axon/config/env";
import { currentRequest } from "./parts.ts";

/** OpenAI, or any server that speaks its protocol, when there is a key; the built-in local provider otherwise. */
export function createProvider(env: Pick<Env, "openai">): AiProvider {
  if (env.openai === null) return createLocalProvider();
  const { apiKey, baseUrl, model, embeddingModel } = env.openai;
  return createOpenAiProvider({ apiKey, model, embeddingModel, requestId: currentRequest, ...(baseUrl === null ? {} : { baseUrl }) });
}
