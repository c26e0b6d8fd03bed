/**
 * Looking at a source: page by page, each with a commit of its own, so that a worker that dies loses one page and whoever
 * takes over goes on there. A long sync gives its place back after a while and queues up again behind others.
 *
 * @module
 */
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { wasGivenBack } from "@axon/contracts/jobs";
import type { PlanLimits } from "@axon/contracts/plan-limits";
import type { WebVisit } from "@axon/contracts/web";
import { sourcePage } from "@axon/db/schema/knowledge";
import { and, asc, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { readPlanLimits } from "../../internal/plan-limits.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { beginSync } from "./begin-sync.ts";
import { endSync, missPages } from "./end-sync.ts";
import { enqueueSync } from "./queue-sync.ts";
import type { PageRow } from "./settle-page.ts";
import { claimSync, SyncLost, syncHeartbeatMs, updateSyncing } from "./sync-lease.ts";
import { syncLimit } from "./sync-limit.ts";
import type { SourceRow } from "./view.ts";
import { visitList } from "./visit-list.ts";
import { type SyncFault, visitPage } from "./visit-page.ts";
import { wakeOthers } from "./wake-others.ts";

export type SyncDeps = Pick<KnowledgeDeps, "inWorkspace" | "files" | "web" | "limits">;

/** What one run does before others have their turn. */
export interface SyncBounds {
  pagesPerRunMax: number;
  runMsMax: number;
}
const usualBounds: SyncBounds = { pagesPerRunMax: 50, runMsMax: 45_000 };
/** Pages in a row that could not be had: after these the site is taken to be away. */
const troublesMax = 10;
/** Commits that count missed pages; a bound on what a mistake could do. */
const missRoundsMax = 1_000;

/** Carries the sync of one source as far as one run may. Returns quietly when there is nothing to do, or it is another worker's. */
export async function syncSource(
  deps: SyncDeps,
  { workspaceId, sourceId }: JobPayload<"knowledge.sync">,
  run: Pick<JobRun, "signal" | "lastAttempt">,
  bounds: SyncBounds = usualBounds,
): Promise<void> {
  const claimed = await deps.inWorkspace(workspaceId, (ws) => claimSync(ws, sourceId));
  if (!claimed) return;
  try {
    await carryAlive(deps, claimed, run, bounds);
  } catch (error) {
    if (!(error instanceof SyncLost)) throw error;
  }
}

/** Says every while that it lives, and stops when another has taken over. */
async function carryAlive(deps: SyncDeps, held: SourceRow, run: Pick<JobRun, "signal" | "lastAttempt">, bounds: SyncBounds): Promise<void> {
  const inSource = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => deps.inWorkspace(held.workspaceId, verb);
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    inSource((ws) => updateSyncing(ws, held, {})).catch((error: unknown) => {
      if (error instanceof SyncLost) lost.abort(error);
    });
  }, syncHeartbeatMs);
  try {
    await carryOn(deps, held, AbortSignal.any([run.signal, lost.signal]), bounds);
  } catch (error) {
    lost.signal.throwIfAborted();
    if (error instanceof SyncLost) throw error;
    if (run.lastAttempt && !wasGivenBack(run.signal)) {
      await inSource((ws) => endSync(ws, held, { code: "internal", message: "Something went wrong on our side." }, now()));
    } else await inSource((ws) => letGo(ws, held));
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

async function carryOn(deps: SyncDeps, claimed: SourceRow, signal: AbortSignal, bounds: SyncBounds): Promise<void> {
  const inSource = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => deps.inWorkspace(claimed.workspaceId, verb);
  const plan = await inSource(readPlanLimits);
  let held = claimed;
  if (held.syncState === "queued") {
    const allowance = await deps.limits.take(syncLimit(plan), held.workspaceId);
    if (!allowance.ok) return inSource((ws) => putOff(ws, held, allowance.retryAfterMs));
    held = await inSource((ws) => beginSync(ws, held, now()));
  }
  const fault = await visitAll(deps, held, plan, signal, bounds);
  if (fault === "more") return inSource((ws) => goOnLater(ws, held));
  if (fault === null) {
    for (let round = 0; round < missRoundsMax && (await inSource((ws) => missPages(ws, held))); round++);
  }
  await inSource((ws) => endSync(ws, held, fault, now()));
}

/** Visits what waits. Gives `more` when this run has done its part, else why the sync as a whole has failed, or null. */
async function visitAll(
  deps: SyncDeps,
  held: SourceRow,
  plan: PlanLimits,
  signal: AbortSignal,
  { pagesPerRunMax, runMsMax }: SyncBounds,
): Promise<SyncFault | null | "more"> {
  const visit: WebVisit = deps.web.visit(signal);
  const untilMs = Date.now() + runMsMax;
  let troubles = 0;
  for (let count = 0; ; count++) {
    const page = await deps.inWorkspace(held.workspaceId, (ws) => nextPage(ws, held));
    if (!page) return null;
    if (count >= pagesPerRunMax || Date.now() > untilMs) return "more";
    signal.throwIfAborted();
    const { fault, trouble } = await (page.depth < 0 ? visitList : visitPage)(deps, visit, held, page, plan);
    if (fault !== null) return fault;
    troubles = trouble ? troubles + 1 : 0;
    if (troubles >= troublesMax) return { code: "unreachable", message: `${troublesMax} pages in a row could not be read.` };
  }
}

/** Lists first, then pages by their distance from the first one. */
async function nextPage(ws: WorkspaceCtx, held: SourceRow): Promise<PageRow | undefined> {
  const [page] = await ws.tx
    .select()
    .from(sourcePage)
    .where(and(eq(sourcePage.sourceId, held.id), eq(sourcePage.sync, held.sync), eq(sourcePage.state, "waiting")))
    .orderBy(asc(sourcePage.depth), asc(sourcePage.url))
    .limit(1);
  return page;
}

async function goOnLater(ws: WorkspaceCtx, held: SourceRow): Promise<void> {
  const row = await letGo(ws, held);
  enqueueSync(ws, row, "on");
  await wakeOthers(ws, held);
}

/** So that whoever is next need not wait for the lease to run out. */
function letGo(ws: WorkspaceCtx, held: SourceRow): Promise<SourceRow> {
  return updateSyncing(ws, held, { syncLeaseUntil: null });
}

/** The workspace has looked at its sources as often as it may: this one waits, and looks queued. */
async function putOff(ws: WorkspaceCtx, held: SourceRow, waitMs: number): Promise<void> {
  const row = await letGo(ws, held);
  await ws.tx.execute(sql`
    update knowledge_source set sync_due_at = now() + ${waitMs} * interval '1 millisecond' where id = ${row.id}`);
  enqueueSync(ws, row, "put-off", waitMs);
}

const now = () => new Date().toISOString();
