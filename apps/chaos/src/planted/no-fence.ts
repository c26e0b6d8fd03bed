/**
 * Planted: nobody looks whether a person has taken over. Before each step of a worker its turn is made to look as if none had.
 *
 * @module
 */
import type { InWorkspace } from "@axon/core/context";
import { conversation, turn } from "@axon/db/schema/conversations";
import { and, eq, sql } from "drizzle-orm";
import type { Plant } from "../sim/ports.ts";
import { type Claim, claimIn } from "./claims.ts";

export const noFence: Plant = () => (ports) => ({
  ...ports,
  replyDeps(turnId, label) {
    const deps = ports.replyDeps(turnId, label);
    let held: Claim | null = null;
    const inWorkspace: InWorkspace = (workspaceId, verb, caller) =>
      deps.inWorkspace(
        workspaceId,
        async (ws) => {
          if (held !== null) {
            const claim = held;
            const [row] = await ws.tx
              .update(conversation)
              .set({ handler: "ai" })
              .where(eq(conversation.id, claim.conversationId))
              .returning({ epoch: conversation.epoch });
            claim.epoch = row?.epoch ?? claim.epoch;
            await ws.tx
              .update(turn)
              .set({ state: "thinking", endedAt: null })
              .where(
                and(
                  eq(turn.id, claim.id),
                  eq(turn.state, "superseded"),
                  sql`not exists (select 1 from turn other where other.conversation_id = ${claim.conversationId}
                    and other.state in ('received', 'claimed', 'thinking'))`,
                ),
              );
          }
          const result = await verb(ws);
          held ??= claimIn(result);
          return result;
        },
        caller,
      );
    return { ...deps, inWorkspace };
  },
});
