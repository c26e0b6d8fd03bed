/**
 * Whether a workspace has room for more. What is counted here is counted under a lock, so that no number of calls at once gets
 * past a limit together; the lock is one for each workspace and limit and ends with the transaction.
 *
 * @module
 */
import { limitsOf, type PlanLimitName, type PlanLimits } from "@axon/contracts/plan-limits";
import { attachment } from "@axon/db/schema/contacts";
import { document, knowledgeSource } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { eq, type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";

type Counted = "sourcesMax" | "documentsMax" | "storageBytesMax" | "chunksMax";

interface Count {
  /** How much of it the workspace has. Every row that its fence leaves. */
  used: SQL;
  /** What it is called in a refusal. */
  unit: string;
}

const counts: Readonly<Record<Counted, Count>> = {
  sourcesMax: { used: sql`select count(*)::float8 as used from ${knowledgeSource}`, unit: "sources" },
  documentsMax: { used: sql`select count(*)::float8 as used from ${document}`, unit: "documents" },
  storageBytesMax: {
    used: sql`select ((select coalesce(sum(${document.bytes}), 0) from ${document}) + (select coalesce(sum(${attachment.bytes}), 0) from ${attachment}))::float8 as used`,
    unit: "bytes of files",
  },
  // What a version in work has beyond the one that is searched counts too, or many at once would get past it.
  chunksMax: {
    used: sql`select coalesce(sum(greatest(${document.chunkCount}, case when ${document.status} = 'embedding' then ${document.total} else 0 end)), 0)::float8 as used from ${document}`,
    unit: "passages",
  },
};

/** What this workspace's plan allows. */
export async function readPlanLimits(ws: Pick<WorkspaceCtx, "workspaceId" | "tx">): Promise<PlanLimits> {
  const [row] = await ws.tx.select({ overrides: workspace.planLimits }).from(workspace).where(eq(workspace.id, ws.workspaceId));
  return limitsOf(row?.overrides ?? {});
}

/**
 * Refuses with `plan_limit` unless `adding` more fit; the refusal names the limit, what it is, and how much is used. To be
 * called before the rows are written, and once for each limit, always in the order of `planLimits`: two calls that lock in
 * different orders would wait for each other.
 */
export async function requireRoom(ws: Pick<WorkspaceCtx, "workspaceId" | "tx">, name: Counted, adding: number): Promise<void> {
  await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${ws.workspaceId}:room:${name}`}, 0))`);
  const limit = (await readPlanLimits(ws))[name];
  const { used: query, unit } = counts[name];
  const [row] = await ws.tx.execute<{ used: number }>(query);
  const used = row?.used ?? 0;
  if (used + adding > limit) throw overLimit(name, { limit, used, adding, unit });
}

/** Refuses with `plan_limit` when one thing alone is larger than the plan allows: nothing is counted. */
export async function requireSize(
  ws: Pick<WorkspaceCtx, "workspaceId" | "tx">,
  name: Exclude<PlanLimitName, Counted>,
  size: number,
): Promise<void> {
  const limit = (await readPlanLimits(ws))[name];
  if (size > limit) {
    throw new Refusal("plan_limit", `At most ${limit} here, this would be ${size}`, { name, limit, used: 0, adding: size });
  }
}

function overLimit(name: Counted, { limit, used, adding, unit }: { limit: number; used: number; adding: number; unit: string }): Refusal {
  return new Refusal("plan_limit", `This workspace may have ${limit} ${unit}; it has ${used}, and this would add ${adding}`, {
    name,
    limit,
    used,
    adding,
  });
}
