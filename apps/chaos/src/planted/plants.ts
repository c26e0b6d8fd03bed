/**
 * The bugs that can be planted, to prove that the simulation finds them. They wrap ports; production code knows of none.
 *
 * @module
 */
import type { Plant } from "../sim/ports.ts";
import { noFence } from "./no-fence.ts";
import { noLease } from "./no-lease.ts";
import { nonUniqueKey } from "./non-unique-key.ts";
import { publishBeforeCommit } from "./publish-before-commit.ts";
import { retryWithoutClaim } from "./retry-without-claim.ts";

export const plants: Readonly<Record<string, Plant>> = {
  "no-fence": noFence,
  "no-lease": noLease,
  "publish-before-commit": publishBeforeCommit,
  "non-unique-key": nonUniqueKey,
  "retry-without-claim": retryWithoutClaim,
};
