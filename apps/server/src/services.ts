/**
 * The services of one server process, put together from its parts.
 *
 * @module
 */
import type { ApiServices } from "@axon/api/context";
import { createWorkspaceLoad } from "@axon/api/workspace-load";
import type { Env } from "@axon/config/env";
import { createAccessTokens, createPasswords, createVisitorTokens } from "@axon/core/auth";
import type { Hub } from "@axon/realtime/hub";
import { callersTopic, type Parts } from "@axon/runtime/parts";
import { createLiveStreams } from "./live-streams.ts";

export async function createServices(
  parts: Parts,
  { auth, limits: numbers }: Pick<Env, "auth" | "limits">,
  hub: Hub,
): Promise<ApiServices> {
  const { inWorkspace, files, provider, web, database, limits, sealer, bus } = parts;
  return {
    auth: {
      database,
      limits,
      sealer,
      passwords: createPasswords({ cost: auth.bcryptRounds }),
      accessTokens: await createAccessTokens({ secrets: auth.accessSecrets, ttlSeconds: auth.accessTtlSeconds }),
      refreshSecrets: auth.refreshSecrets,
      refreshTtlSeconds: auth.refreshTtlSeconds,
      onRevoked: (accountId) => bus.publish(callersTopic, accountId),
    },
    inWorkspace,
    knowledge: { inWorkspace, files, embedder: provider.embedder, embedderOf: provider.embedderOf, web, limits },
    answers: { inWorkspace, provider },
    agentDefaults: { confidenceThreshold: provider.confidence.threshold },
    live: createLiveStreams(hub),
    load: createWorkspaceLoad(limits, numbers.workspace),
    widget: { database, inWorkspace, limits, sealer, tokens: await createVisitorTokens({ secrets: auth.accessSecrets }) },
  };
}
