/**
 * The services of one server process, put together from its parts.
 *
 * @module
 */
import type { ApiServices } from "@axon/api/context";
import type { Env } from "@axon/config/env";
import { createAccessTokens, createPasswords } from "@axon/core/auth";
import type { Hub } from "@axon/realtime/hub";
import type { Parts } from "@axon/runtime/parts";
import { createLiveStreams } from "./live-streams.ts";

export async function createServices(parts: Parts, auth: Env["auth"], hub: Hub): Promise<ApiServices> {
  const { inWorkspace, files, provider, database } = parts;
  return {
    auth: {
      database,
      passwords: createPasswords({ cost: auth.bcryptRounds }),
      accessTokens: await createAccessTokens({ secret: auth.accessSecret, ttlSeconds: auth.accessTtlSeconds }),
      refreshSecret: auth.refreshSecret,
      refreshTtlSeconds: auth.refreshTtlSeconds,
    },
    inWorkspace,
    knowledge: { inWorkspace, files, embedder: provider.embedder },
    answers: { inWorkspace, provider },
    agentDefaults: { confidenceThreshold: provider.confidence.threshold },
    live: createLiveStreams(hub),
  };
}
