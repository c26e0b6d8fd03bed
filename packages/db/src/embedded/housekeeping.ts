/**
 * What PostgreSQL's background processes would do: checkpoints, so that the log of changes does not grow without end, and
 * the vacuum and statistics of tables that changed much. The embedded engine has no such processes.
 *
 * @module
 */
import type { Front } from "./front.ts";
import type { EngineSession } from "./session.ts";

const everyMs = 30_000;
/** Log since the last checkpoint, in bytes; it is also what a restart after a kill has to replay. */
const checkpointBytes = 64 * 1024 * 1024;
/** PostgreSQL's own thresholds for autovacuum: a fixed number of rows and a part of the table. */
const worstTableSql = `select format('%I.%I', schemaname, relname) from pg_catalog.pg_stat_user_tables
  where n_dead_tup > 50 + 0.2 * n_live_tup or n_mod_since_analyze > 50 + 0.1 * n_live_tup
  order by n_dead_tup + n_mod_since_analyze desc limit 1`;
const logBytesSql =
  "select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), redo_lsn) from pg_catalog.pg_control_checkpoint()";

/** Looks after the engine from now on, one table at a time. Gives the function that stops it. */
export function keepHouse(front: Pick<Front, "alone">, onNotice: (text: string) => void): () => void {
  let stopped = false;
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    front
      .alone(upkeep)
      .catch((error) => stopped || onNotice(`upkeep of the embedded database failed: ${String(error)}`))
      .finally(() => {
        busy = false;
      });
  }, everyMs);
  timer.unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/** One round of upkeep, as the owner and outside a transaction. */
export async function upkeep(session: Pick<EngineSession, "query">): Promise<void> {
  const [[table] = []] = await session.query(worstTableSql);
  if (table) await session.query(`vacuum (analyze) ${table}`);
  const [[bytes] = []] = await session.query(logBytesSql);
  if (Number(bytes) > checkpointBytes) await session.query("checkpoint");
}
