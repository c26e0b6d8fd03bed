/**
 * "This is the same request again": the first result is given once more, and nothing is done twice.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { idempotency } from "@axon/db/schema/workspaces";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";

interface Request<Input> {
  procedure: string;
  input: Input & { idempotencyKey?: string | undefined };
}

/**
 * Runs `work` unless a call of the same procedure with the same key has run before; then gives what that one gave.
 * Refuses with `conflict` when the key came with another input. Parallel calls wait for each other on the key's row.
 */
export async function once<Input extends object, Result>(
  ws: WorkspaceCtx,
  request: Request<Input>,
  work: () => Promise<Result>,
): Promise<Result> {
  const { idempotencyKey: key, ...rest } = request.input;
  if (key === undefined) return work();
  const inputHash = createHash("sha256").update(canonicalJson(rest)).digest("hex");
  const [fresh] = await ws.tx
    .insert(idempotency)
    .values({ workspaceId: ws.workspaceId, procedure: request.procedure, key, inputHash, result: {} })
    .onConflictDoNothing()
    .returning({ key: idempotency.key });
  const thisKey = and(eq(idempotency.procedure, request.procedure), eq(idempotency.key, key));
  if (!fresh) {
    const [earlier] = await ws.tx.select({ inputHash: idempotency.inputHash, result: idempotency.result }).from(idempotency).where(thisKey);
    if (!earlier) throw new Error("an idempotency key vanished");
    if (earlier.inputHash !== inputHash) throw new Refusal("conflict", "This idempotency key was used with another input");
    return earlier.result as Result; // safe: written by the line below for the same procedure
  }
  const result = await work();
  await ws.tx.update(idempotency).set({ result }).where(thisKey);
  return result;
}

/** JSON with sorted keys, so that the order in which a client writes its fields does not matter. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
