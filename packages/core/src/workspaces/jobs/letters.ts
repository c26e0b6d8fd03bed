/**
 * Jobs of this workspace that were given up, read. They are written by the workers, through another door.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { DeadLetter, DeadLetterCode, DeadLetterDetail, listDeadLettersInput } from "@axon/contracts/dead-letters";
import { deadLetter } from "@axon/db/schema/engine";
import { and, desc, eq, inArray, lt } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { decodeCursor, isIdKey, toPage } from "../../internal/paging.ts";

type LetterRow = typeof deadLetter.$inferSelect;

/** Newest first; those that nobody has decided on, when no state is asked for. */
export async function listDeadLetters(ws: WorkspaceCtx, input: z.output<typeof listDeadLettersInput>): Promise<Page<DeadLetter>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const states: LetterRow["state"][] = input.state === undefined ? ["dead", "parked"] : [input.state];
  const rows = await ws.tx
    .select()
    .from(deadLetter)
    .where(
      and(eq(deadLetter.workspaceId, ws.workspaceId), inArray(deadLetter.state, states), after ? lt(deadLetter.id, after[0]) : undefined),
    )
    .orderBy(desc(deadLetter.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toLetter, ({ id }) => [id]);
}

/** One letter with what its job bore. Refuses with `not_found`. */
export async function getDeadLetter(ws: WorkspaceCtx, id: string): Promise<DeadLetterDetail> {
  const [row] = await ws.tx
    .select()
    .from(deadLetter)
    .where(and(eq(deadLetter.workspaceId, ws.workspaceId), eq(deadLetter.id, id)));
  if (!row) throw notFound("dead letter");
  return { ...toLetter(row), payload: withoutSecrets(row.payload) };
}

/** The letter, held until the end of the transaction, so that two who decide come one after the other. Refuses with `not_found`. */
export async function lockLetter(ws: WorkspaceCtx, id: string): Promise<LetterRow> {
  const [row] = await ws.tx
    .select()
    .from(deadLetter)
    .where(and(eq(deadLetter.workspaceId, ws.workspaceId), eq(deadLetter.id, id)))
    .for("update");
  if (!row) throw notFound("dead letter");
  return row;
}

/** Writes down what was decided on a letter, and by whom. */
export async function decide(ws: WorkspaceCtx, row: LetterRow, state: "replayed" | "discarded"): Promise<DeadLetter> {
  const decidedAt = new Date().toISOString();
  await ws.tx.update(deadLetter).set({ state, decidedAt, decidedBy: ws.caller.name }).where(eq(deadLetter.id, row.id));
  const target = { kind: "dead_letter", id: row.id };
  ws.audit({ action: `dead_letter.${state}`, target, before: { state: row.state }, after: { state, job: row.name } });
  return toLetter({ ...row, state, decidedAt, decidedBy: ws.caller.name });
}

export function toLetter(row: LetterRow): DeadLetter {
  const { id, queue, state, error, attempts, failedAt, requestId, decidedAt, decidedBy } = row;
  const code = row.code as DeadLetterCode; // safe: only the workers write it, from the same list
  return { id, job: row.name, queue, state, code, error, attempts, failedAt, requestId, decidedAt, decidedBy };
}

const secretName = /secret|token|passw|passphrase|credential|api_?key|authorization|cookie|e-?mail|phone/i;
const textCharsMax = 200;

/** Jobs carry ids, and nothing that is secret. Should one ever carry more, it is not shown. */
function withoutSecrets(payload: Record<string, unknown>): Record<string, unknown> {
  const shown = ([name, value]: [string, unknown]): [string, unknown] => {
    if (secretName.test(name)) return [name, "[hidden]"];
    return [name, typeof value === "string" ? value.slice(0, textCharsMax) : value];
  };
  return Object.fromEntries(Object.entries(payload).map(shown));
}
