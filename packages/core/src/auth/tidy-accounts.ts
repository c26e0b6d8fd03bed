/**
 * Removing what sessions and letters leave behind.
 *
 * @module
 */
import { withAccount } from "@axon/db/transaction";
import { sql } from "drizzle-orm";
import type { AuthDeps } from "./deps.ts";

/** Letters are kept this long, for whoever asks where one went; links and sessions this long past their end. */
const keptDays = { letter: 7, link: 7, session: 30 };
/** Rows of each kind that one call removes; the next goes on. */
const batchMax = 1_000;

/** Removes old letters, links, refresh tokens and sessions. Gives how many rows it removed. */
export async function tidyAccounts(deps: Pick<AuthDeps, "database">): Promise<number> {
  const old = [
    sql`delete from mail where id in (select id from mail where created_at < ${daysAgo(keptDays.letter)} limit ${batchMax})`,
    sql`delete from email_token where hash in (select hash from email_token where expires_at < ${daysAgo(keptDays.link)} limit ${batchMax})`,
    // A spent token past its end is refused like one that never was: no replay is left to be recognised.
    sql`delete from refresh_token where hash in (select hash from refresh_token where expires_at < now() limit ${batchMax})`,
    sql`delete from session where id in (select id from session where expires_at < ${daysAgo(keptDays.session)} limit ${batchMax})`,
  ];
  let removed = 0;
  for (const statement of old) removed += (await withAccount(deps.database, {}, (tx) => tx.execute(statement))).count;
  return removed;
}

function daysAgo(days: number) {
  return sql`now() - ${days} * interval '1 day'`;
}
