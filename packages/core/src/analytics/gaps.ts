/**
 * The questions that nothing answered, pile by pile: what the knowledge lacks.
 *
 * @module
 */
import type { HandoffReason } from "@axon/contracts/answers";
import type { Page } from "@axon/contracts/common";
import type { Gap, listGapsInput } from "@axon/contracts/gaps";
import { agent } from "@axon/db/schema/agents";
import { questionGap } from "@axon/db/schema/evaluation";
import { and, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { decodeCursor, isTimeIdKey, toPage } from "../internal/paging.ts";

/** Questions and words that are shown of a pile. */
const examplesMax = 5;
const lackingMax = 12;

interface Row extends Record<string, unknown> {
  id: string;
  count: number;
  examples: string[];
  agentIds: string[];
  reasons: HandoffReason[];
  lacking: string[];
  answeredBy: string | null;
  firstAskedAt: string;
  lastAskedAt: string;
}

/** Those that were asked last first. Refuses with `not_found` (the agent). */
export async function listGaps(ws: WorkspaceCtx, input: z.output<typeof listGapsInput>): Promise<Page<Gap>> {
  const before = decodeCursor(input.cursor, isTimeIdKey);
  const { agentId, state } = input;
  if (agentId !== undefined) {
    const [known] = await ws.tx.select({ id: agent.id }).from(agent).where(eq(agent.id, agentId));
    if (!known) throw notFound("agent");
  }
  const moment = (value: ReturnType<typeof sql>) => sql`to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const rows = await ws.tx.execute<Row>(sql`
    select g.gap_id as id, count(*)::int as count, ${moment(sql`min(g.created_at)`)} as "firstAskedAt", ${moment(sql`max(g.created_at)`)} as "lastAskedAt",
      (array_agg(g.question order by g.created_at desc, g.id desc))[1:${sql.raw(String(examplesMax))}] as examples,
      array_agg(distinct g.agent_id::text) as "agentIds", array_agg(distinct g.reason) as reasons, max(g.answered_by::text) as "answeredBy",
      coalesce((select (array_agg(word order by times desc, word))[1:${sql.raw(String(lackingMax))}]
        from (select word, count(*) as times from question_gap l, unnest(l.lacking) word
          where l.workspace_id = ${ws.workspaceId}::uuid and l.gap_id = g.gap_id and l.state = ${state} group by word) words), '{}') as lacking
    from question_gap g
    where g.workspace_id = ${ws.workspaceId}::uuid and g.state = ${state}${agentId === undefined ? sql`` : sql` and g.agent_id = ${agentId}::uuid`}
    group by g.gap_id
    ${before === null ? sql`` : sql`having (max(g.created_at), g.gap_id) < (${before[0]}::timestamptz, ${before[1]}::uuid)`}
    order by max(g.created_at) desc, g.gap_id desc limit ${input.limit + 1}`);
  return toPage(
    rows,
    input.limit,
    (row) => ({ ...row, state }),
    (row) => [row.lastAskedAt, row.id],
  );
}

/** Nobody wants to answer this: it is not listed as open any more, however often it is asked. Refuses with `not_found`. */
export async function dismissGap(ws: WorkspaceCtx, gapId: string): Promise<void> {
  const [known] = await ws.tx.select({ id: questionGap.id }).from(questionGap).where(eq(questionGap.gapId, gapId)).limit(1);
  if (!known) throw notFound("gap");
  const dismissed = await ws.tx
    .update(questionGap)
    .set({ state: "dismissed", updatedAt: sql`now()` })
    .where(and(eq(questionGap.gapId, gapId), eq(questionGap.state, "open")))
    .returning({ id: questionGap.id });
  if (dismissed.length > 0) {
    ws.audit({ action: "gap.dismissed", target: { kind: "gap", id: gapId }, after: { questions: dismissed.length } });
  }
}
