/**
 * What goes by time, once for each tick of the clock however many workers there are: deleted workspaces that are due, uploads that
 * never came, what is old enough to go, jobs that were set aside until now, and conversations whose hour has come.
 *
 * @module
 */
import { attachmentWaitHours } from "@axon/contracts/attachments";
import { tidyAccounts } from "@axon/core/auth";
import { dropAttachment, keepOlderWords } from "@axon/core/conversations";
import { dropUpload, retiredDaysMax, tidyChunks } from "@axon/core/knowledge";
import { requeuePurge } from "@axon/core/workspaces";
import { tidyDeadLetters, unparkKnown } from "@axon/db/dead-letters";
import { pruneOldEvents } from "@axon/db/prune-events";
import { findAbandonedUploads, findDuePurges, findRetiredChunks, findUnwordedWorkspaces, findWaitingAttachments } from "@axon/db/sweep";
import type { Parts } from "@axon/runtime/parts";
import { createConversationClock } from "./conversation-clock.ts";
import type { Sweep } from "./sweeps.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Steps of a round; the next round finds the rest. */
const tidyStepsMax = 200;

/** By the names under which their ticks are kept: one that is renamed begins anew. */
export function createUpkeep({
  database,
  inWorkspace,
  eventsKeptDays,
}: Pick<Parts, "database" | "inWorkspace" | "eventsKeptDays">): Record<string, Sweep> {
  const hourly = (run: Sweep["run"]): Sweep => ({ everyMs: hourMs, shared: true, run });
  const byTheMinute = (run: Sweep["run"]): Sweep => ({ everyMs: minuteMs, shared: true, run });
  return {
    ...createConversationClock({ database, inWorkspace }),
    purges: byTheMinute(async () => {
      for (const workspaceId of await findDuePurges(database)) await requeuePurge({ database }, workspaceId);
    }),
    uploads: hourly(async () => {
      for (const { workspaceId, id } of await findAbandonedUploads(database)) await inWorkspace(workspaceId, (ws) => dropUpload(ws, id));
    }),
    attachments: hourly(async () => {
      for (const { workspaceId, id } of await findWaitingAttachments(database, attachmentWaitHours))
        await inWorkspace(workspaceId, (ws) => dropAttachment(ws, id));
    }),
    chunks: hourly(async (signal) => {
      const due = await findRetiredChunks(database, retiredDaysMax);
      for (let step = 0; due.length > 0 && step < tidyStepsMax && !signal.aborted; step++) {
        const workspaceId = due.shift();
        if (workspaceId !== undefined && (await inWorkspace(workspaceId, tidyChunks)) > 0) due.push(workspaceId);
      }
    }),
    words: byTheMinute(async (signal) => {
      for (const workspaceId of await findUnwordedWorkspaces(database))
        while (!signal.aborted && (await inWorkspace(workspaceId, keepOlderWords)));
    }),
    events: hourly((signal) => pruneOldEvents(database, eventsKeptDays, signal)),
    accounts: hourly(async () => {
      await tidyAccounts({ database });
    }),
    parked: byTheMinute(async () => {
      await unparkKnown(database);
    }),
    "dead-letters": hourly(async (signal) => {
      for (let step = 0; step < tidyStepsMax && !signal.aborted; step++) if ((await tidyDeadLetters(database)) === 0) return;
    }),
  };
}
