/**
 * Golden questions: what an agent must keep answering well, and what it must keep its hands off.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Page } from "@axon/contracts/common";
import {
  type createGoldenInput,
  type createManyGoldenInput,
  type GoldenDraft,
  type GoldenQuestion,
  goldenQuestionsMax,
  type listGoldenInput,
  type updateGoldenInput,
} from "@axon/contracts/evaluation";
import { newId } from "@axon/db/ids";
import { agent } from "@axon/db/schema/agents";
import { goldenQuestion } from "@axon/db/schema/evaluation";
import { and, asc, count, eq, gt, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import { decodeCursor, isIdKey, toPage } from "../internal/paging.ts";
import { waysOf } from "./golden-match.ts";

type GoldenRow = typeof goldenQuestion.$inferSelect;

/** Refuses with `not_found` (the agent), `validation`, or `plan_limit` when the agent has `goldenQuestionsMax` already. */
export async function createGolden(ws: WorkspaceCtx, input: z.output<typeof createGoldenInput>): Promise<GoldenQuestion> {
  return once(ws, { procedure: "agents.golden.create", input }, async () => {
    const { agentId, idempotencyKey: _, ...draft } = input;
    const [made] = await addGolden(ws, agentId, [draft]);
    if (!made) throw new Error("a golden question was not inserted");
    return made;
  });
}

/** All of them or none. Refuses as `createGolden` does; `details.position` says which one is not right. */
export async function createManyGolden(
  ws: WorkspaceCtx,
  input: z.output<typeof createManyGoldenInput>,
): Promise<{ items: GoldenQuestion[] }> {
  return once(ws, { procedure: "agents.golden.createMany", input }, async () => ({
    items: await addGolden(ws, input.agentId, input.questions),
  }));
}

/** In the order in which they were made, which is the order in which they are tried. Refuses with `not_found`. */
export async function listGolden(ws: WorkspaceCtx, input: z.output<typeof listGoldenInput>): Promise<Page<GoldenQuestion>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const [known] = await ws.tx.select({ id: agent.id }).from(agent).where(eq(agent.id, input.agentId));
  if (!known) throw notFound("agent");
  const rows = await ws.tx
    .select()
    .from(goldenQuestion)
    .where(and(eq(goldenQuestion.agentId, input.agentId), after ? gt(goldenQuestion.id, after[0]) : undefined))
    .orderBy(asc(goldenQuestion.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toGolden, (row) => [row.id]);
}

/** Refuses with `not_found` or `validation`. */
export async function updateGolden(ws: WorkspaceCtx, input: z.output<typeof updateGoldenInput>): Promise<GoldenQuestion> {
  const { questionId, ...given } = input;
  const [held] = await ws.tx.select().from(goldenQuestion).where(eq(goldenQuestion.id, questionId)).for("update");
  if (!held) throw notFound("golden question");
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  checkGolden({ ...toGolden(held), ...change });
  const [row] = await ws.tx
    .update(goldenQuestion)
    .set({ ...change, updatedAt: sql`now()` })
    .where(eq(goldenQuestion.id, questionId))
    .returning();
  if (!row) throw new Error("a locked golden question vanished");
  ws.audit({
    action: "golden_question.updated",
    target: { kind: "golden_question", id: questionId },
    after: { agentId: row.agentId, changed: Object.keys(change) },
  });
  return toGolden(row);
}

/** Refuses with `not_found`. */
export async function deleteGolden(ws: WorkspaceCtx, questionId: string): Promise<void> {
  const [gone] = await ws.tx.delete(goldenQuestion).where(eq(goldenQuestion.id, questionId)).returning({ agentId: goldenQuestion.agentId });
  if (!gone) throw notFound("golden question");
  ws.audit({ action: "golden_question.deleted", target: { kind: "golden_question", id: questionId }, before: { agentId: gone.agentId } });
}

/** The whole set in the order in which it is tried, and what names exactly this set. */
export async function readGoldenSet(ws: WorkspaceCtx, agentId: string): Promise<{ questions: GoldenQuestion[]; hash: string }> {
  const rows = await ws.tx
    .select()
    .from(goldenQuestion)
    .where(eq(goldenQuestion.agentId, agentId))
    .orderBy(asc(goldenQuestion.id))
    .limit(goldenQuestionsMax);
  const questions = rows.map(toGolden);
  const said = questions.map(({ id, question, history, expect, facts, forbidden }) => [id, question, history, expect, facts, forbidden]);
  return { questions, hash: createHash("sha256").update(JSON.stringify(said)).digest("hex") };
}

async function addGolden(ws: WorkspaceCtx, agentId: string, drafts: readonly GoldenDraft[]): Promise<GoldenQuestion[]> {
  drafts.forEach((draft, position) => {
    checkGolden(draft, drafts.length > 1 ? position : undefined);
  });
  // Held, so that two imports at once cannot both see the last free places.
  const [held] = await ws.tx.select({ id: agent.id }).from(agent).where(eq(agent.id, agentId)).for("update");
  if (!held) throw notFound("agent");
  const [{ used } = { used: 0 }] = await ws.tx.select({ used: count() }).from(goldenQuestion).where(eq(goldenQuestion.agentId, agentId));
  if (used + drafts.length > goldenQuestionsMax) {
    throw new Refusal("plan_limit", `An agent has at most ${goldenQuestionsMax} golden questions`, { limit: goldenQuestionsMax, used });
  }
  const rows = await ws.tx
    .insert(goldenQuestion)
    .values(drafts.map((draft) => ({ workspaceId: ws.workspaceId, id: newId(), agentId, ...draft })))
    .returning();
  ws.audit({
    action: "golden_question.created",
    target: { kind: "golden_question", id: rows[0]?.id ?? agentId },
    after: { agentId, count: rows.length },
  });
  return rows.map(toGolden).sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** What the schema cannot say: facts belong to answers, and a fact must hold a word or a number. */
function checkGolden(draft: Pick<GoldenDraft, "expect" | "facts" | "forbidden">, position?: number): void {
  const refuse = (field: string, problem: string) =>
    new Refusal("validation", `${field} ${problem}`, { fields: { [field]: problem }, ...(position === undefined ? {} : { position }) });
  if (draft.expect === "handoff" && draft.facts.length > 0) throw refuse("facts", "are only for questions that are to be answered");
  for (const field of ["facts", "forbidden"] as const) {
    if (draft[field].some((saying) => waysOf(saying).length === 0)) throw refuse(field, "must each hold a word or a number");
  }
}

function toGolden({ workspaceId: _, ...row }: GoldenRow): GoldenQuestion {
  return row;
}
