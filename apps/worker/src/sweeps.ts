/**
 * Looking for what fell by the wayside: work that is due, and that no queue and no living worker knows of. What a lost Redis or a
 * killed worker leaves behind is found here.
 *
 * Every worker looks, each for itself and often: a look is one indexed query, and asking twice for the same work is asking once.
 * There is one for every name that the catalogue's jobs give as what rebuilds them; a missing one does not compile.
 *
 * @module
 */
import type { JobRebuild } from "@axon/contracts/jobs";
import { requeueEvaluation } from "@axon/core/agents";
import { requeueMail } from "@axon/core/auth";
import type { WorkspaceCtx } from "@axon/core/context";
import { requeueTurn } from "@axon/core/conversations";
import { queueReembed, requeueDocument, requeueSync } from "@axon/core/knowledge";
import { queueRetention } from "@axon/core/workspaces";
import {
  findDueSyncs,
  findReembeds,
  findRetaining,
  findStuckDocuments,
  findStuckEvaluations,
  findStuckMail,
  findStuckTurns,
  type Stuck,
} from "@axon/db/sweep";
import type { Parts } from "@axon/runtime/parts";

export type SweepName = Exclude<JobRebuild, "outbox">;

export interface Sweep {
  everyMs: number;
  /** True: once for each tick, by one of all workers. False: every worker, at its own pace. */
  shared: boolean;
  run(signal: AbortSignal): Promise<void>;
}

/** What a dead worker held is picked up this long after its lease at the latest. */
const quickMs = 3_000;
const mailMs = 30_000;
const minuteMs = 60_000;

export function createSweeps({
  database,
  inWorkspace,
  provider,
}: Pick<Parts, "database" | "inWorkspace" | "provider">): Record<SweepName, Sweep> {
  const quick = (find: () => Promise<Stuck[]>, requeue: (ws: WorkspaceCtx, id: string) => Promise<void>): Sweep => ({
    everyMs: quickMs,
    shared: false,
    run: async (signal) => {
      for (const { workspaceId, id } of await find()) {
        if (signal.aborted) return;
        await inWorkspace(workspaceId, (ws) => requeue(ws, id));
      }
    },
  });
  return {
    turns: quick(
      () => findStuckTurns(database),
      (ws, id) => requeueTurn(ws, id),
    ),
    documents: quick(() => findStuckDocuments(database), requeueDocument),
    sources: quick(() => findDueSyncs(database), requeueSync),
    evaluations: quick(
      () => findStuckEvaluations(database),
      (ws, id) => requeueEvaluation(ws, id),
    ),
    mail: {
      everyMs: mailMs,
      shared: false,
      run: async () => {
        for (const id of await findStuckMail(database)) await requeueMail({ database }, id);
      },
    },
    retention: {
      everyMs: 60 * minuteMs,
      shared: true,
      run: async (signal) => {
        let page = await findRetaining(database, null);
        while (page.length > 0 && !signal.aborted) {
          for (const workspaceId of page) await inWorkspace(workspaceId, async (ws) => queueRetention(ws));
          page = await findRetaining(database, page.at(-1) ?? null);
        }
      },
    },
    embedders: {
      everyMs: minuteMs,
      shared: true,
      run: async () => {
        for (const workspaceId of await findReembeds(database, provider.embedder.id))
          await inWorkspace(workspaceId, (ws) => queueReembed(ws));
      },
    },
  };
}
