/**
 * From a profile to a client, and to the agent that is meant.
 *
 * @module
 */
import { type AxonClient, createAxonClient } from "@axon/client/client";
import type { Agent } from "@axon/contracts/agents";
import { UsageError } from "./failure.ts";
import { type ResolvedProfile, readProfile, writeProfile } from "./profile.ts";

/** Agents that are looked through for a name. */
const agentsMax = 1_000;

/** A client for the profile; a renewed session is written back to the file it came from. */
export function connect(profile: ResolvedProfile): AxonClient {
  const { file, session } = profile;
  const kept = file !== null && session ? { file, session } : null;
  return createAxonClient({
    url: profile.url,
    workspaceId: profile.workspaceId,
    token: profile.token,
    session: kept?.session,
    onSession: kept
      ? async (next) => {
          const present = (await readProfile(kept.file)) ?? { url: profile.url };
          await writeProfile(kept.file, { ...present, session: next });
        }
      : undefined,
    reloadSession: kept ? async () => (await readProfile(kept.file))?.session ?? null : undefined,
  });
}

/** The agent with this id or name; without one the profile's, or the only one there is. */
export async function chooseAgent(client: AxonClient, wanted: string | undefined, preferredId: string | undefined): Promise<Agent> {
  const agents = await listAgents(client);
  if (wanted !== undefined) {
    const found = agents.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted.toLowerCase());
    if (!found) throw new UsageError(`There is no agent “${wanted}” here. ${namesOf(agents)}`);
    return found;
  }
  const preferred = agents.find(({ id }) => id === preferredId);
  if (preferred) return preferred;
  const [only, ...others] = agents.filter(({ status }) => status !== "archived");
  if (!only) throw new UsageError("This workspace has no agent yet. `axon seed` makes one with a handbook to try.");
  if (others.length > 0) throw new UsageError(`Name the agent with --agent. ${namesOf(agents)}`);
  return only;
}

async function listAgents(client: AxonClient): Promise<Agent[]> {
  const agents: Agent[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.api.agents.list.query({ limit: 100, cursor });
    agents.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && agents.length < agentsMax);
  return agents;
}

function namesOf(agents: readonly Agent[]): string {
  if (agents.length === 0) return "There is none yet.";
  return `There ${agents.length === 1 ? "is" : "are"}: ${agents
    .slice(0, 20)
    .map(({ name }) => name)
    .join(", ")}.`;
}
