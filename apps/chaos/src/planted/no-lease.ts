/**
 * Planted: a turn is taken from whoever holds it, and all who ever held it have the same token.
 *
 * @module
 */
import type { InWorkspace, WorkspaceCtx } from "@axon/core/context";
import { conversation, turn } from "@axon/db/schema/conversations";
import { eq } from "drizzle-orm";
import type { Plant } from "../sim/ports.ts";
import { claimIn } from "./claims.ts";

const oneToken = 1;

/** In the order in which everybody locks: first the conversation. */
async function takeAway({ tx }: WorkspaceCtx, turnId: string): Promise<void> {
  const [of] = await tx.select({ id: turn.conversationId }).from(turn).where(eq(turn.id, turnId));
  if (!of) return;
  await tx.select({ id: conversation.id }).from(conversation).where(eq(conversation.id, of.id)).for("update");
  await tx.update(turn).set({ leaseUntil: null }).where(eq(turn.id, turnId));
}

export const noLease: Plant = () => (ports) => ({
  ...ports,
  replyDeps(turnId, label) {
    const deps = ports.replyDeps(turnId, label);
    let claimed = false;
    const inWorkspace: InWorkspace = (workspaceId, verb, caller) =>
      deps.inWorkspace(
        workspaceId,
        async (ws) => {
          if (!claimed) await takeAway(ws, turnId);
          const result = await verb(ws);
          const claim = claimed ? null : claimIn(result);
          if (claim) {
            claim.leaseToken = oneToken;
            await ws.tx.update(turn).set({ leaseToken: oneToken }).where(eq(turn.id, turnId));
          }
          claimed = true;
          return result;
        },
        caller,
      );
    return { ...deps, inWorkspace };
  },
});
