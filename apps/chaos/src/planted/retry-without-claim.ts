/**
 * Planted: who answers a turn a second time goes on with the claim of the first, and takes no new one.
 *
 * @module
 */
import type { InWorkspace } from "@axon/core/context";
import type { Plant } from "../sim/ports.ts";
import { type Claim, claimIn } from "./claims.ts";

export const retryWithoutClaim: Plant = () => {
  const claims = new Map<string, Claim>();
  return (ports) => ({
    ...ports,
    replyDeps(turnId, label) {
      const deps = ports.replyDeps(turnId, label);
      const earlier = claims.get(turnId);
      let calls = 0;
      const inWorkspace: InWorkspace = async (workspaceId, verb, caller) => {
        calls += 1;
        // The first call claims and the second tells that a reply begins: both were done.
        // safe: it is what the verb that is left out gave when it was called
        if (earlier && calls <= 2) return (calls === 1 ? earlier : true) as Awaited<ReturnType<typeof verb>>;
        const result = await deps.inWorkspace(workspaceId, verb, caller);
        const claim = claimIn(result);
        if (claim) claims.set(turnId, claim);
        return result;
      };
      return { ...deps, inWorkspace };
    },
  });
};
