/**
 * Making findable what was written by releases that kept no words, the newest first. Whatever is written now keeps its own.
 *
 * @module
 */
import { message } from "@axon/db/schema/conversations";
import { messageWords } from "@axon/db/schema/inbox";
import { workspace } from "@axon/db/schema/workspaces";
import { desc, eq, lte, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { messageLexemes } from "./words.ts";

/** Messages of one commit. */
const stepMax = 500;

/** One step. True when there may be more to do. Twice, and at the same time, is as good as once. */
export async function keepOlderWords(ws: WorkspaceCtx): Promise<boolean> {
  const { workspaceId, tx } = ws;
  const [place] = await tx.select({ behind: workspace.wordsBehind }).from(workspace).where(eq(workspace.id, workspaceId));
  if (!place || place.behind === null) return false;
  const rows = await tx
    .select({ id: message.id, conversationId: message.conversationId, createdAt: message.createdAt, text: message.text })
    .from(message)
    .where(lte(message.id, place.behind))
    .orderBy(desc(message.id))
    .limit(stepMax);
  const values = rows.map(({ id, conversationId, createdAt, text }) => ({
    ...{ workspaceId, messageId: id, conversationId, createdAt },
    words: sql`${messageLexemes(workspaceId, text)}::tsvector`,
  }));
  if (values.length > 0) await tx.insert(messageWords).values(values).onConflictDoNothing();
  const last = rows.length < stepMax ? undefined : rows.at(-1);
  // The last one is looked at once more; the id before it has no name.
  await tx
    .update(workspace)
    .set({ wordsBehind: last?.id ?? null })
    .where(eq(workspace.id, workspaceId));
  return last !== undefined;
}
