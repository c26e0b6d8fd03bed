/**
 * Looking at a source now.
 *
 * @module
 */
import type { Source } from "@axon/contracts/sources";
import { Refusal } from "../../errors.ts";
import { readPlanLimits } from "../../internal/plan-limits.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { queueSync } from "./queue-sync.ts";
import { syncLimit } from "./sync-limit.ts";
import { isSynced, readSource, showSource } from "./view.ts";

/**
 * Has it looked at, whatever its schedule says; twice while it is looked at is once. Refuses with `not_found`, `invalid_state`
 * (there is nothing on the web to look at), or `plan_limit` when the workspace has looked as often as it may in this hour.
 */
export async function requestSync(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "limits">,
  workspaceId: string,
  sourceId: string,
): Promise<Source> {
  const plan = await deps.inWorkspace(workspaceId, async (ws) => {
    const row = await readSource(ws, sourceId);
    if (!isSynced(row)) throw new Refusal("invalid_state", `A source of kind ${row.kind} is not looked for anywhere`);
    return readPlanLimits(ws);
  });
  const allowance = await deps.limits.peek(syncLimit(plan), workspaceId);
  if (!allowance.ok) {
    const limit = plan.syncsPerHour;
    const details = { name: "syncsPerHour", limit, used: limit, retryAfterMs: allowance.retryAfterMs };
    throw new Refusal("plan_limit", `This workspace may look at its sources ${limit} times in an hour`, details);
  }
  return deps.inWorkspace(workspaceId, async (ws) => {
    const queued = await queueSync(ws, sourceId);
    if (queued) ws.audit({ action: "source.sync_requested", target: { kind: "source", id: sourceId } });
    return showSource(ws, queued ?? (await readSource(ws, sourceId)));
  });
}
