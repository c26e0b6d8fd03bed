/**
 * What time does to conversations: snoozed ones wake, and quiet ones end. Whoever looks too late, or twice, changes nothing.
 *
 * @module
 */
import { autoResolve, wakeConversation } from "@axon/core/conversations";
import { findDueSnoozes, findQuietConversations } from "@axon/db/sweep-conversations";
import type { Parts } from "@axon/runtime/parts";
import type { Sweep } from "./sweeps.ts";

const wakeEveryMs = 5_000;
const resolveEveryMs = 60_000;

/** By the names under which their ticks are kept. */
export function createConversationClock({ database, inWorkspace }: Pick<Parts, "database" | "inWorkspace">): Record<string, Sweep> {
  return {
    snoozes: {
      everyMs: wakeEveryMs,
      shared: false,
      run: async (signal) => {
        for (const { workspaceId, id } of await findDueSnoozes(database)) {
          if (signal.aborted) return;
          await inWorkspace(workspaceId, (ws) => wakeConversation(ws, id));
        }
      },
    },
    "quiet-conversations": {
      everyMs: resolveEveryMs,
      shared: true,
      run: async (signal) => {
        for (const { workspaceId, id } of await findQuietConversations(database)) {
          if (signal.aborted) return;
          await inWorkspace(workspaceId, (ws) => autoResolve(ws, id));
        }
      },
    },
  };
}
