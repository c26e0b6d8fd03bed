/**
 * The devices that somebody is signed in on.
 *
 * @module
 */
import type { DeviceSession } from "@axon/contracts/auth";
import type { Page, PageInput } from "@axon/contracts/common";
import { session } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import { notFound } from "../errors.ts";
import { decodeCursor, isIdKey, toPage } from "../internal/paging.ts";
import type { AuthDeps } from "./deps.ts";
import { deviceName } from "./device-name.ts";
import { revokeSession } from "./open-session.ts";

interface Caller {
  accountId: string;
  sessionId: string;
}

/** The sessions of the caller that are still good, newest first. */
export async function listSessions(deps: AuthDeps, caller: Caller, { limit, cursor }: PageInput): Promise<Page<DeviceSession>> {
  const after = decodeCursor(cursor, isIdKey);
  const rows = await withAccount(deps.database, { accountId: caller.accountId }, (tx) =>
    tx
      .select()
      .from(session)
      .where(
        and(
          eq(session.accountId, caller.accountId),
          isNull(session.revokedAt),
          sql`${session.expiresAt} > now()`,
          after === null ? undefined : lt(session.id, after[0]),
        ),
      )
      .orderBy(desc(session.id))
      .limit(limit + 1),
  );
  return toPage(
    rows,
    limit,
    ({ id, userAgent, ip, createdAt, lastUsedAt, expiresAt }) => ({
      id,
      device: deviceName(userAgent),
      ip,
      createdAt,
      lastUsedAt,
      expiresAt,
      current: id === caller.sessionId,
    }),
    ({ id }) => [id],
  );
}

/** Ends one session of the caller, which may be the one that asks. Refuses with `not_found` what is not the caller's. Twice is once. */
export async function revokeDeviceSession(deps: AuthDeps, { accountId }: Caller, sessionId: string): Promise<void> {
  await withAccount(deps.database, { accountId }, async (tx) => {
    const [mine] = await tx
      .select({ id: session.id })
      .from(session)
      .where(and(eq(session.id, sessionId), eq(session.accountId, accountId)));
    if (!mine) throw notFound("session");
    await revokeSession(tx, sessionId, "revoked");
  });
  deps.onRevoked?.(accountId);
}
