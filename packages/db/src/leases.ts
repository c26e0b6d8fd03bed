/**
 * Giving back what a dead process held, where there can be only one process.
 *
 * @module
 */
import { type DatabaseTarget, openPool } from "./connect.ts";

/**
 * Ends every lease. Only for standalone, before its worker starts: whoever held one was killed, and nobody need wait for
 * the leases to run out. Where several workers share a database this would take work out of living hands.
 */
export async function releaseLeases(target: DatabaseTarget): Promise<void> {
  const owner = openPool(target, null, 1);
  try {
    await owner`update turn set lease_until = null where state in ('received', 'claimed', 'thinking') and lease_until is not null`;
    await owner`update document set lease_until = null, updated_at = updated_at - interval '1 hour'
      where status in ('queued', 'parsing', 'chunking', 'embedding')`;
    await owner`update knowledge_source set sync_lease_until = null, sync_due_at = now() where sync_state in ('queued', 'syncing')`;
    await owner`update outbox set taken_until = null where taken_until is not null`;
  } finally {
    await owner.end({ timeout: 5 });
  }
}
