/**
 * Whether an agent answers in a conversation: its own switch, its channel's, and the hours of the people behind it.
 *
 * @module
 */
import type { BusinessHours } from "@axon/contracts/business-hours";
import { type TalkRules, talkRulesOf } from "@axon/contracts/talk-rules";
import { agent } from "@axon/db/schema/agents";
import { channel } from "@axon/db/schema/conversations";
import { eq } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import { isOpen } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import type { ConversationRow } from "./view.ts";

export interface Stance {
  /** True: the agent or its channel is switched off. Nothing of the agent's may leave. */
  paused: boolean;
  hours: BusinessHours | null;
  talk: TalkRules;
}

/**
 * Reads the switches as they are now. `hold` keeps them so until this transaction ends: a pause that was committed before is
 * seen, and a later one waits for the commit.
 */
export async function readStance(
  ws: WorkspaceCtx,
  { agentId, channelId }: Pick<ConversationRow, "agentId" | "channelId">,
  { hold = false } = {},
): Promise<Stance> {
  // No version is joined: a row that was waited for is looked at again alone, and a join with it could find nothing.
  const switches = ws.tx
    .select({ status: agent.status, aiPaused: channel.aiPaused, kind: channel.kind, settings: channel.settings })
    .from(agent)
    .innerJoin(channel, eq(channel.id, channelId))
    .where(eq(agent.id, agentId));
  const [row] = await (hold ? switches.for("share") : switches);
  if (!row) throw new Error("a conversation has no agent or no channel");
  const status = row.status ?? (await readAgent(ws, agentId)).status;
  return {
    paused: row.aiPaused || status !== "live",
    hours: row.settings.businessHours ?? null,
    talk: talkRulesOf(row.kind, row.settings),
  };
}

/** Why no agent answers a message that comes now; null when one does. */
export function whyNoAgent({ paused, hours }: Pick<Stance, "paused" | "hours">, now: Date): "agent_paused" | "business_hours" | null {
  if (paused) return "agent_paused";
  if (hours === null || hours.mode === "ai_always") return null;
  return isOpen(hours, now) === (hours.mode === "ai_in_hours") ? null : "business_hours";
}
