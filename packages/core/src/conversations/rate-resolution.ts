/**
 * What a customer says of how a matter was resolved: once for each time it was.
 *
 * @module
 */
import type { Csat, RateResolutionInput, RateResolutionOutput, VisitorRateResolutionInput } from "@axon/contracts/csat";
import { newId } from "@axon/db/ids";
import { csat } from "@axon/db/schema/conversations";
import { and, desc, eq } from "drizzle-orm";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { actorOf, changeConversation } from "./change.ts";
import { lockConversation } from "./view.ts";
import { findVisitorConversation } from "./widget-read.ts";

/**
 * Keeps what the customer says of the resolution that stands. The same said again is kept once. Refuses with `not_found`, with
 * `invalid_state` while the conversation is not resolved, and with `conflict` a second opinion on the same resolution.
 */
export async function rateResolution(
  ws: WorkspaceCtx,
  { conversationId, score, comment }: RateResolutionInput,
): Promise<RateResolutionOutput> {
  const locked = await lockConversation(ws, conversationId);
  if (locked.status !== "resolved") throw new Refusal("invalid_state", "A conversation can be rated once it is resolved");
  // What was resolved before resolutions were counted was resolved once.
  const resolution = Math.max(locked.resolution, 1);
  const said = { score, comment: comment ?? null };
  const [fresh] = await ws.tx
    .insert(csat)
    .values({ workspaceId: ws.workspaceId, id: newId(), conversationId, resolution, contactId: locked.contactId, ...said })
    .onConflictDoNothing()
    .returning();
  if (fresh) {
    const also = { csat: { before: null, after: { resolution, ...said } } };
    await changeConversation(ws, locked, {}, { actor: actorOf(ws.caller), reason: "rated", also });
  }
  const kept = fresh ?? (await readKept(ws, conversationId, resolution));
  if (kept.score !== score || kept.comment !== said.comment)
    throw new Refusal("conflict", "This resolution has been rated, and is rated once", { resolution });
  return { of: "resolution", conversationId, ...toCsat(kept) };
}

/** The same for a visitor. Refuses with `not_found` before their first message. */
export async function rateResolutionAsVisitor(
  ws: WorkspaceCtx,
  visitor: Visitor,
  input: VisitorRateResolutionInput,
): Promise<RateResolutionOutput> {
  const own = await findVisitorConversation(ws, visitor);
  if (own === null) throw notFound("conversation");
  return rateResolution(ws, { ...input, conversationId: own.id });
}

/** The newest rating of a conversation; null before any. */
export async function lastCsat(ws: WorkspaceCtx, conversationId: string): Promise<Csat | null> {
  const [row] = await ws.tx.select().from(csat).where(eq(csat.conversationId, conversationId)).orderBy(desc(csat.resolution)).limit(1);
  return row ? toCsat(row) : null;
}

async function readKept(ws: WorkspaceCtx, conversationId: string, resolution: number): Promise<typeof csat.$inferSelect> {
  const [row] = await ws.tx
    .select()
    .from(csat)
    .where(and(eq(csat.conversationId, conversationId), eq(csat.resolution, resolution)));
  if (!row) throw new Error("a rating was neither there nor written");
  return row;
}

function toCsat({ resolution, score, comment, createdAt }: typeof csat.$inferSelect): Csat {
  return { resolution, score, comment, at: createdAt };
}
