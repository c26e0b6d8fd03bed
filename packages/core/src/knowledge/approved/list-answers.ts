/**
 * Reading approved answers, and when they were given.
 *
 * @module
 */
import type { ApprovedAnswer, ApprovedHit, listAnswersInput, listHitsInput } from "@axon/contracts/approved";
import type { Page } from "@axon/contracts/common";
import { approvedAnswer, approvedAnswerHit } from "@axon/db/schema/knowledge";
import { and, asc, desc, eq, gt, lt } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, isIdKey, pageById, toPage } from "../../internal/paging.ts";
import { requireSources } from "../sources/require-source.ts";
import { getAnswer, selectAnswers, toAnswer } from "./view.ts";

/** Oldest first. Refuses with `not_found` (the source). */
export async function listAnswers(ws: WorkspaceCtx, input: z.output<typeof listAnswersInput>): Promise<Page<ApprovedAnswer>> {
  const after = decodeCursor(input.cursor, isIdKey);
  await requireSources(ws, input.sourceId === undefined ? [] : [input.sourceId]);
  const rows = await selectAnswers(ws)
    .where(
      and(
        input.sourceId === undefined ? undefined : eq(approvedAnswer.sourceId, input.sourceId),
        after ? gt(approvedAnswer.id, after[0]) : undefined,
      ),
    )
    .orderBy(asc(approvedAnswer.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toAnswer, (row) => [row.answer.id]);
}

/** Newest first. Refuses with `not_found`. */
export async function listHits(ws: WorkspaceCtx, input: z.output<typeof listHitsInput>): Promise<Page<ApprovedHit>> {
  const before = decodeCursor(input.cursor, isIdKey);
  await getAnswer(ws, input.answerId);
  const { id, turnId, question, score, at } = approvedAnswerHit;
  const rows = await ws.tx
    .select({ id, turnId, question, score, at })
    .from(approvedAnswerHit)
    .where(and(eq(approvedAnswerHit.answerId, input.answerId), before ? lt(id, before[0]) : undefined))
    .orderBy(desc(id))
    .limit(input.limit + 1);
  return pageById(rows, input.limit);
}
