/**
 * Jobs that belong to an account and to no workspace: written in the transaction that wants them done, like all others.
 *
 * @module
 */
import { type JobName, type JobPayload, versioned } from "@axon/contracts/jobs";
import { outbox } from "@axon/db/schema/engine";
import type { Tx } from "@axon/db/transaction";
import { sql } from "drizzle-orm";

interface Cause {
  /** Derived from the job's cause: the same key is the same job. */
  key: string;
  requestId: string | null;
  /** Not before this many milliseconds from now; 0 when left out. */
  delayMs?: number;
}

/** Has a job done after this commit. `tx` comes from `withAccount`. */
export async function enqueueForAccount<Name extends JobName>(
  tx: Tx,
  name: Name,
  payload: JobPayload<Name>,
  { key, requestId, delayMs = 0 }: Cause,
): Promise<void> {
  await tx.insert(outbox).values({
    workspaceId: null,
    key,
    name,
    payload: versioned(name, payload),
    dueAt: sql`now() + ${delayMs} * interval '1 millisecond'`,
    requestId,
  });
}
