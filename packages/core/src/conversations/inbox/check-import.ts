/**
 * Whether what is brought in can be true: everything that is wrong is said with its place, before anything is written.
 *
 * @module
 */
import type { ImportedConversation } from "@axon/contracts/inbox";
import { agent } from "@axon/db/schema/agents";
import { channel } from "@axon/db/schema/conversations";
import { and, inArray, isNull } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import { readAnswerer } from "./assign.ts";

/** Clocks differ by so much, in milliseconds. */
const clockMs = 5 * 60_000;

/** Refuses with `validation` ids that come twice and times that can't be. */
export function checkTimes(conversations: readonly ImportedConversation[], nowMs: number): void {
  const seen = new Set<string>();
  for (const [at, { externalId, createdAt, messages }] of conversations.entries()) {
    const place = `conversations.${at}`;
    if (seen.has(externalId)) refuse(`${place}.externalId`, "comes twice in this call");
    seen.add(externalId);
    let before = Date.parse(createdAt);
    for (const [index, message] of messages.entries()) {
      const time = Date.parse(message.at);
      if (time < before) refuse(`${place}.messages.${index}.at`, "is before what came before it");
      before = time;
    }
    if (before > nowMs + clockMs) refuse(`${place}.messages.${messages.length - 1}.at`, "is in the future");
  }
}

function refuse(place: string, problem: string): never {
  throw new Refusal("validation", `${place} ${problem}`, { fields: { [place]: problem } });
}

/**
 * Refuses with `not_found` an agent, a channel or a member that there is not, and with `validation` a member who may not write.
 * Gives the members' names.
 */
export async function checkParties(ws: WorkspaceCtx, conversations: readonly ImportedConversation[]): Promise<Map<string, string>> {
  const agentIds = distinct(conversations.map(({ agentId }) => agentId));
  const agents = await ws.tx.select({ id: agent.id }).from(agent).where(inArray(agent.id, agentIds));
  if (agents.length < agentIds.length) throw notFound("agent");
  const channelIds = distinct(conversations.map(({ channelId }) => channelId));
  const channels =
    channelIds.length === 0
      ? []
      : await ws.tx
          .select({ id: channel.id })
          .from(channel)
          .where(and(inArray(channel.id, channelIds), isNull(channel.deletedAt)));
  if (channels.length < channelIds.length) throw notFound("channel");
  const names = new Map<string, string>();
  for (const id of distinct(conversations.map(({ assigneeId }) => assigneeId))) names.set(id, (await readAnswerer(ws, id)).name);
  return names;
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}
