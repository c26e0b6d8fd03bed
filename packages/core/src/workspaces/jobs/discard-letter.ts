/**
 * Letting go of a job that was given up.
 *
 * @module
 */
import type { DeadLetter } from "@axon/contracts/dead-letters";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { decide, lockLetter, toLetter } from "./letters.ts";

/** Twice is once. Refuses with `invalid_state` a job that was replayed, and with `not_found`. */
export async function discardDeadLetter(ws: WorkspaceCtx, id: string): Promise<DeadLetter> {
  const row = await lockLetter(ws, id);
  if (row.state === "discarded") return toLetter(row);
  if (row.state === "replayed") throw new Refusal("invalid_state", "This job was replayed", { state: row.state });
  return decide(ws, row, "discarded");
}
