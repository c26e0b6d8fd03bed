/**
 * One conversation, with what its customer said of how it was resolved.
 *
 * @module
 */
import type { Conversation } from "@axon/contracts/conversations";
import type { WorkspaceCtx } from "../context.ts";
import { lastCsat } from "./rate-resolution.ts";
import { readConversation } from "./view.ts";

/** Refuses with `not_found`. */
export async function getConversation(ws: WorkspaceCtx, conversationId: string): Promise<Conversation> {
  const found = await readConversation(ws, conversationId);
  const csat = found.resolution > 0 ? await lastCsat(ws, conversationId) : null;
  return { ...found, ...(csat !== null && { csat }) };
}
