/**
 * What became of the workspaces that somebody deleted.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import type { Purge } from "@axon/contracts/workspaces";
import { purge } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { and, desc, eq, or, sql } from "drizzle-orm";
import type { AuthDeps } from "../auth/index.ts";
import { decodeCursor, isTimeIdKey, toPage } from "../internal/paging.ts";

export const shownPurge = {
  workspaceId: purge.workspaceId,
  workspaceName: purge.workspaceName,
  orderedAt: purge.orderedAt,
  dueAt: purge.dueAt,
  doneAt: purge.doneAt,
  report: purge.report,
};

/** Those that this account ordered, the latest first. */
export async function listPurges(deps: Pick<AuthDeps, "database">, accountId: string, input: PageInput): Promise<Page<Purge>> {
  const after = decodeCursor(input.cursor, isTimeIdKey);
  const beyond =
    after === null
      ? undefined
      : or(sql`${purge.orderedAt} < ${after[0]}`, and(sql`${purge.orderedAt} = ${after[0]}`, sql`${purge.workspaceId} < ${after[1]}`));
  const rows = await withAccount(deps.database, { accountId }, (tx) =>
    tx
      .select(shownPurge)
      .from(purge)
      .where(and(eq(purge.orderedBy, accountId), beyond))
      .orderBy(desc(purge.orderedAt), desc(purge.workspaceId))
      .limit(input.limit + 1),
  );
  return toPage(
    rows,
    input.limit,
    (row) => row,
    (row) => [row.orderedAt, row.workspaceId],
  );
}
