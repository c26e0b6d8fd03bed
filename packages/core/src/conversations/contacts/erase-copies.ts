/**
 * What somebody wrote, where it was copied to: approved answers made from their conversations, golden questions and what was
 * noted of trying them, answers kept for callers who ask twice.
 *
 * Golden questions say nothing of where they come from. One is taken for a copy when it holds a name of the person, or a
 * message of theirs word for word that is too long to be anybody's.
 *
 * @module
 */

import { message } from "@axon/db/schema/conversations";
import { approvedAnswer } from "@axon/db/schema/knowledge";
import { inArray, type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { deleteAnswer } from "../../knowledge/index.ts";
import type { Counts } from "./erasures.ts";

/** What many might ask in the same words is shorter, in characters. */
const copyCharsMin = 40;

interface Whose {
  conversationIds: readonly string[];
  /** In lower case. */
  words: readonly string[];
}

/** Gives how many of each kind there were. To be called while the messages are still there. */
export async function removeCopies(ws: WorkspaceCtx, { conversationIds, words }: Whose): Promise<Counts> {
  const answers = await removeApproved(ws, conversationIds);
  const golden = await removeGolden(ws, conversationIds, words);
  const ids = [...conversationIds, ...answers, ...golden];
  return {
    approved_answer: answers.length,
    golden_question: golden.length,
    evaluation_result: await blankResults(ws, conversationIds, golden),
    idempotency: await removeKept(ws, ids),
  };
}

/** Its question is in their words, however it was put right since. */
async function removeApproved(ws: WorkspaceCtx, conversationIds: readonly string[]): Promise<string[]> {
  if (conversationIds.length === 0) return [];
  const theirs = ws.tx
    .select({ id: message.id })
    .from(message)
    .where(inArray(message.conversationId, [...conversationIds]));
  const rows = await ws.tx.select({ id: approvedAnswer.id }).from(approvedAnswer).where(inArray(approvedAnswer.fromMessageId, theirs));
  for (const { id } of rows) await deleteAnswer(ws, id);
  return rows.map(({ id }) => id);
}

async function removeGolden(ws: WorkspaceCtx, conversationIds: readonly string[], words: readonly string[]): Promise<string[]> {
  const parts: SQL[] = [];
  if (conversationIds.length > 0) {
    parts.push(sql`exists (select 1 from message m where ${saidByThem(conversationIds)}
      and (m.text = g.question or exists (select 1 from jsonb_array_elements(g.history) h where h->>'text' = m.text)))`);
  }
  if (words.length > 0) {
    parts.push(
      sql`exists (select 1 from unnest(${textList(words)}) word where position(word in lower(g.question || ' ' || g.history::text)) > 0)`,
    );
  }
  if (parts.length === 0) return [];
  const rows = await ws.tx.execute<{ id: string }>(sql`
    delete from golden_question g where g.workspace_id = ${ws.workspaceId}::uuid and (${sql.join(parts, sql` or `)}) returning g.id`);
  return rows.map(({ id }) => id);
}

/** The run and its verdict stay; what was asked and answered goes. */
async function blankResults(ws: WorkspaceCtx, conversationIds: readonly string[], golden: readonly string[]): Promise<number> {
  const parts: SQL[] = [];
  if (conversationIds.length > 0)
    parts.push(sql`exists (select 1 from message m where ${saidByThem(conversationIds)} and m.text = r.question)`);
  if (golden.length > 0) parts.push(sql`r.question_id = any(${idList(golden)})`);
  if (parts.length === 0) return 0;
  const rows = await ws.tx.execute(sql`
    update evaluation_result r set question = '', answer = '', failures = '[]'
    where r.workspace_id = ${ws.workspaceId}::uuid and (${sql.join(parts, sql` or `)}) returning 1`);
  return rows.length;
}

/** They name what they were about by its id. */
async function removeKept(ws: WorkspaceCtx, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const rows = await ws.tx.execute(sql`
    delete from idempotency where workspace_id = ${ws.workspaceId}::uuid
      and exists (select 1 from unnest(${textList(ids)}) id where position(id in result::text) > 0)
    returning 1`);
  return rows.length;
}

function saidByThem(conversationIds: readonly string[]): SQL {
  return sql`m.conversation_id = any(${idList(conversationIds)}) and m.author_kind = 'contact' and length(m.text) >= ${copyCharsMin}`;
}

function idList(ids: readonly string[]): SQL {
  return sql`${`{${ids.join(",")}}`}::uuid[]`;
}

function textList(words: readonly string[]): SQL {
  return sql`array[${sql.join(
    words.map((word) => sql`${word}`),
    sql`, `,
  )}]::text[]`;
}
