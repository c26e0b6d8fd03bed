/**
 * The services of one server process, put together from its parts.
 *
 * @module
 */
import type { ApiServices } from "@axon/api/context";
import { createWorkspaceLoad } from "@axon/api/workspace-load";
import type { Env } from "@axon/config/env";
import { createAccessTokens, createPasswords, createReadAs, createVisitorTokens } from "@axon/core/auth";
import { createAttachmentLinks } from "@axon/core/conversations";
import type { Hub } from "@axon/realtime/hub";
import type { Presence } from "@axon/realtime/presence";
import { callersTopic, type Parts } from "@axon/runtime/parts";
import { createLiveStreams } from "./live-streams.ts";

export async function createServices(
  parts: Parts,
  { auth, http, limits: numbers }: Pick<Env, "auth" | "http" | "limits">,
  hub: Hub,
  presence: Presence,
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
    readAs: createReadAs(database),
    knowledge: { inWorkspace, files, embedder: provider.embedder, embedderOf: provider.embedderOf, web, limits },
    answers: { inWorkspace, provider },
    agentDefaults: { confidenceThreshold: provider.confidence.threshold },
    live: createLiveStreams(hub, bus, presence),
    attachments: { links: createAttachmentLinks({ secrets: auth.accessSecrets, baseUrl: http.baseUrl }) },
    load: createWorkspaceLoad(limits, numbers.workspace),
    widget: { database, inWorkspace, limits, sealer, tokens: await createVisitorTokens({ secrets: auth.accessSecrets }) },
  };
}
