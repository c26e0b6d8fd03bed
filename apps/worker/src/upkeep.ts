/**
 * What goes by time: deleted workspaces that are due, what workspaces do not want to keep, uploads that never came.
 *
 * Looks for it and has it done; any number of workers may.
 *
 * @module
 */
import { dropUpload, queueReembed, retiredDaysMax, tidyChunks } from "@axon/core/knowledge";
import { queueRetention, requeuePurge } from "@axon/core/workspaces";
import { findAbandonedUploads, findDuePurges, findReembeds, findRetaining, findRetiredChunks } from "@axon/db/sweep";
import { createTicker, type Ticker } from "@axon/jobs/schedule";
import type { Parts } from "@axon/runtime/parts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Steps of a round; the next round finds the rest. */
const tidyStepsMax = 200;

export function createUpkeep({
  database,
  inWorkspace,
  provider,
  log,
}: Pick<Parts, "database" | "inWorkspace" | "provider" | "log">): Ticker[] {
  return [
    createTicker({
      name: "purges",
      everyMs: minuteMs,
      run: async () => {
        for (const workspaceId of await findDuePurges(database)) await requeuePurge({ database }, workspaceId);
      },
      log,
    }),
    createTicker({
      name: "retention",
      everyMs: hourMs,
      run: async (signal) => {
        let page = await findRetaining(database, null);
        while (page.length > 0 && !signal.aborted) {
          for (const workspaceId of page) await inWorkspace(workspaceId, async (ws) => queueRetention(ws));
          page = await findRetaining(database, page.at(-1) ?? null);
        }
      },
      log,
    }),
    createTicker({
      name: "uploads",
      everyMs: hourMs,
      run: async () => {
        for (const { workspaceId, id } of await findAbandonedUploads(database)) await inWorkspace(workspaceId, (ws) => dropUpload(ws, id));
      },
      log,
    }),
    createTicker({
      name: "embedders",
      everyMs: minuteMs,
      run: async () => {
        for (const workspaceId of await findReembeds(database, provider.embedder.id))
          await inWorkspace(workspaceId, (ws) => queueReembed(ws));
      },
      log,
    }),
    createTicker({
      name: "chunks",
      everyMs: hourMs,
      run: async (signal) => {
        const due = await findRetiredChunks(database, retiredDaysMax);
        for (let step = 0; due.length > 0 && step < tidyStepsMax && !signal.aborted; step++) {
          const workspaceId = due.shift();
          if (workspaceId !== undefined && (await inWorkspace(workspaceId, tidyChunks)) > 0) due.push(workspaceId);
        }
      },
      log,
    }),
  ];
}
