/**
 * One conversation to take away: as JSON, or as text to be read.
 *
 * @module
 */
import type { ConversationExport, ExportConversationInput } from "@axon/contracts/contacts";
import type { Message } from "@axon/contracts/conversations";
import { message } from "@axon/db/schema/conversations";
import { and, asc, eq, gt } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, isSeqKey, toPage } from "../../internal/paging.ts";
import { readConversation, toMessage } from "../view.ts";

/** Page by page, oldest message first, internal notes among them. Refuses with `not_found`. */
export async function exportConversation(ws: WorkspaceCtx, input: ExportConversationInput): Promise<ConversationExport> {
  const conversation = await readConversation(ws, input.conversationId);
  const after = decodeCursor(input.cursor, isSeqKey);
  const rows = await ws.tx
    .select()
    .from(message)
    .where(and(eq(message.conversationId, conversation.id), after ? gt(message.seq, after[0]) : undefined))
    .orderBy(asc(message.seq))
    .limit(input.limit + 1);
  const { items: messages, nextCursor } = toPage(rows, input.limit, toMessage, ({ seq }) => [seq]);
  const { format } = input;
  const said = format === "json" ? { messages } : { text: messages.map(toText).join("\n") };
  return { exportedAt: new Date().toISOString(), format, conversation, ...said, nextCursor };
}

/** `[2026-11-23T09:00:00.000Z] Ada (ai): It is on its way.`, with what is a note, and what came with it, said so. */
function toText({ createdAt, author, text, visibility, attachments }: Message): string {
  const who = author.name === undefined ? author.kind : `${author.name} (${author.kind})`;
  const note = visibility === "internal" ? " [internal note]" : "";
  const files = attachments.map(({ name, bytes }) => `\n  attached: ${name} (${bytes} bytes)`).join("");
  // Indented, so that nothing that somebody wrote can be taken for the beginning of a message.
  return `[${createdAt}] ${who}${note}: ${text.replaceAll(/\r?\n/g, "\n  ")}${files}`;
}
