/**
 * Somewhere to aim at: an owner in a workspace with one of most things.
 *
 * @module
 */
import { createAxonClient } from "@axon/client/client";
import type { Target } from "./doors.ts";

/** Signs up at the server and fills the new workspace. The ids are of things that are really there. */
export async function settle(url: string, email: string): Promise<Target & { ids: string[] }> {
  const stranger = createAxonClient({ url });
  const session = await stranger.api.auth.signUp.mutate({ email, password: "correct horse battery", name: "Fuzz" });
  const workspaceId = session.memberships[0]?.workspace.id ?? "";
  const { api, close } = createAxonClient({ url, token: session.accessToken, workspaceId });
  const agent = await api.agents.create.mutate({ name: "Ada" });
  const source = await api.knowledge.sources.create.mutate({ kind: "text", name: "Shelf" });
  const document = await api.knowledge.documents.addText.mutate({ sourceId: source.id, name: "Returns", text: "Thirty days." });
  const started = await api.conversations.start.mutate({ agentId: agent.id, text: "Hello", as: "member" });
  const key = await api.workspaces.apiKeys.create.mutate({ name: "key", role: "viewer" });
  await close();
  await stranger.close();
  const ids = [workspaceId, session.user.id, agent.id, source.id, document.id, started.conversation.id, started.message.id, key.id];
  return { url, token: session.accessToken, workspaceId, ids };
}
