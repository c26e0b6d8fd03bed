/**
 * A conversation and everybody who has a hand in its life: its customer, a person of the team, a worker, and the clock.
 *
 * @module
 */
import { updateChannelInput } from "@axon/contracts/channels";
import { channel, conversation, message, turn } from "@axon/db/schema/conversations";
import { event } from "@axon/db/schema/engine";
import { and, asc, eq, type SQLWrapper, sql } from "drizzle-orm";
import { updateChannel } from "../channels/index.ts";
import type { Caller, WorkspaceCtx } from "../context.ts";
import type { Scene } from "../scene.fixture.ts";
import { type Speaker, sendMessage, startConversation } from "./index.ts";
import { knowledgeAbout, quickAgent, recordDeltas, reply, says, scriptedProvider, turnsOf } from "./stage.fixture.ts";
import { openStates } from "./turns.ts";

export const question = "Within how many days can I return a kettle?";

/** A workspace with an agent that knows about kettles, and its owner as the person who answers. */
export async function openLife(scene: Scene) {
  const { workspaceId, accountId } = await scene.found("mia");
  await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
  const agentId = (await quickAgent(scene, workspaceId)).id;
  const mia: Caller = { kind: "user", id: accountId, name: "Mia", ip: null, requestId: null };
  const asMia: Extract<Speaker, { as: "member" }> = { as: "member", accountId, name: "Mia" };
  const provider = scriptedProvider(says("You can return a kettle ", "within 45 days of delivery. [1]"));
  const deps = { inWorkspace: scene.inWorkspace, provider, openDeltas: recordDeltas().openDeltas };
  const within = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => scene.inWorkspace(workspaceId, verb, mia);
  const openTurn = async (conversationId: string) =>
    (await turnsOf(scene, workspaceId, conversationId)).find(({ state }) => openStates.some((open) => open === state))?.id ?? null;
  return {
    workspaceId,
    accountId,
    agentId,
    asMia,
    deps,
    provider,
    within,
    openTurn,
    start: (text = question, contact?: { externalId: string }) =>
      within((ws) => startConversation(ws, { agentId, text, as: "contact", ...(contact && { contact }) }, { as: "contact" })),
    /** The customer writes. */
    write: (conversationId: string, text: string, more: { clientMessageId?: string; automatic?: boolean; sentAt?: string } = {}) =>
      within((ws) => sendMessage(ws, { conversationId, text, as: "contact", ...more }, { as: "contact" })),
    /** Mia writes. */
    answer: (conversationId: string, text: string, more: { automatic?: boolean } = {}) =>
      within((ws) => sendMessage(ws, { conversationId, text, as: "member", ...more }, asMia)),
    /** Carries the open turn to its end, as a worker would; false without one. */
    async reply(conversationId: string): Promise<boolean> {
      const turnId = await openTurn(conversationId);
      if (turnId !== null) await reply(deps, workspaceId, turnId);
      return turnId !== null;
    },
    row: async (conversationId: string) => {
      const [row] = await within(({ tx }) => tx.select().from(conversation).where(eq(conversation.id, conversationId)));
      if (!row) throw new Error("no such conversation");
      return row;
    },
    /** Its messages in their order; of a reply, the turn it ends, and the messages that one answers. */
    talk: (conversationId: string): Promise<Said[]> =>
      within(({ tx }) =>
        tx
          .select({ seq: message.seq, by: message.authorKind, turnId: message.turnId, firstSeq: turn.firstSeq, lastSeq: turn.lastSeq })
          .from(message)
          .leftJoin(turn, and(eq(turn.workspaceId, message.workspaceId), eq(turn.id, message.turnId)))
          .where(eq(message.conversationId, conversationId))
          .orderBy(asc(message.seq)),
      ),
    events: async (conversationId: string) =>
      (
        await within(({ tx }) =>
          tx.select({ body: event.body }).from(event).where(eq(event.conversationId, conversationId)).orderBy(asc(event.seq)),
        )
      ).map(({ body }) => body),
    /** Sets the api channel's rules. */
    rule: (settings: Record<string, unknown>) =>
      within(async (ws) => {
        const [api] = await ws.tx.select({ id: channel.id }).from(channel).where(eq(channel.kind, "api"));
        return updateChannel(ws, updateChannelInput.parse({ channelId: api?.id, settings }));
      }),
    /** Lets so many minutes pass for one conversation. */
    pass: (conversationId: string, minutes: number) => {
      const back = (column: SQLWrapper) => sql`${column} - ${minutes} * interval '1 minute'`;
      const { resolvedAt, lastMessageAt, snoozedUntil, mutedUntil, waitingSince } = conversation;
      return within(({ tx }) =>
        tx
          .update(conversation)
          .set({
            resolvedAt: back(resolvedAt),
            lastMessageAt: sql`${lastMessageAt} - ${minutes} * interval '1 minute'`,
            snoozedUntil: back(snoozedUntil),
            mutedUntil: back(mutedUntil),
            waitingSince: back(waitingSince),
          })
          .where(eq(conversation.id, conversationId)),
      );
    },
  };
}

interface Said {
  seq: number;
  by: string;
  turnId: string | null;
  firstSeq: number | null;
  lastSeq: number | null;
}

/** Replies that stand above what they answer, or below a question that came after what they answer. */
export function inversions(talk: readonly Said[]): Said[] {
  return talk.filter(({ by, seq, lastSeq }) => {
    if (by !== "ai" || lastSeq === null) return false;
    return lastSeq >= seq || talk.some((other) => other.by === "contact" && other.seq > lastSeq && other.seq < seq);
  });
}

export type Life = Awaited<ReturnType<typeof openLife>>;
