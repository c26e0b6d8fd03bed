/**
 * From a presented credential to a principal: who calls, and as what in which workspace.
 *
 * @module
 */
import type { Permission, Role } from "@axon/contracts/permissions";
import { account, session } from "@axon/db/schema/accounts";
import { apiKey, membership, workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import type { AuthDeps } from "./deps.ts";
import { secretHash } from "./secrets.ts";

export const apiKeyPrefix = "axk_";

/** Where the caller stands in the workspace that the request names; null when it names none or one that is not theirs. */
export interface Standing {
  workspaceId: string;
  role: Role;
  /** What an API key is limited to, of all that its role may; null for everything. */
  scopes: readonly Permission[] | null;
}

export type Principal =
  | { kind: "user"; accountId: string; sessionId: string; name: string; standing: Standing | null }
  | { kind: "apiKey"; apiKeyId: string; name: string; standing: Standing };

/** Neither ended by anybody nor past its time. */
const isLive = sql`${session.revokedAt} is null and ${session.expiresAt} > now()`;

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Checks an access token or API key, its session and the caller's membership in one trip to the database.
 * Refuses with `unauthorized` or `token_expired`. A workspace that is not the caller's gives a principal without standing.
 */
export async function authenticate(deps: AuthDeps, token: string, workspaceId: string | null): Promise<Principal> {
  return token.startsWith(apiKeyPrefix) ? authenticateKey(deps, token, workspaceId) : authenticateUser(deps, token, workspaceId);
}

async function authenticateUser(deps: AuthDeps, token: string, workspaceId: string | null): Promise<Principal> {
  const { accountId, sessionId } = await deps.accessTokens.verify(token);
  const wanted = workspaceId !== null && uuidPattern.test(workspaceId) ? workspaceId : null;
  const [row] = await withAccount(deps.database, { accountId }, (tx) =>
    tx
      .select({ name: account.name, role: membership.role, workspaceId: workspace.id })
      .from(session)
      .innerJoin(account, eq(account.id, session.accountId))
      .leftJoin(membership, and(eq(membership.accountId, account.id), wanted === null ? sql`false` : eq(membership.workspaceId, wanted)))
      .leftJoin(workspace, and(eq(workspace.id, membership.workspaceId), isNull(workspace.deletedAt)))
      .where(and(eq(session.id, sessionId), eq(session.accountId, accountId), isLive)),
  );
  if (!row) throw new Refusal("unauthorized", "This session has ended, sign in again");
  return {
    kind: "user",
    accountId,
    sessionId,
    name: row.name,
    standing: row.workspaceId !== null && row.role !== null ? { workspaceId: row.workspaceId, role: row.role, scopes: null } : null,
  };
}

async function authenticateKey(deps: AuthDeps, token: string, workspaceId: string | null): Promise<Principal> {
  const hash = secretHash(token);
  const row = await withAccount(deps.database, { apiKeyHash: hash }, async (tx) => {
    const [found] = await tx
      .select({ id: apiKey.id, workspaceId: apiKey.workspaceId, role: apiKey.role, scopes: apiKey.scopes, name: apiKey.name })
      .from(apiKey)
      .innerJoin(workspace, and(eq(workspace.id, apiKey.workspaceId), isNull(workspace.deletedAt)))
      .where(and(eq(apiKey.hash, hash), sql`${apiKey.revokedAt} is null and (${apiKey.expiresAt} is null or ${apiKey.expiresAt} > now())`));
    // Once a minute is exact enough for "last used" and keeps a busy key from rewriting its row at every call.
    if (found)
      await tx
        .update(apiKey)
        .set({ lastUsedAt: sql`now()` })
        .where(and(eq(apiKey.hash, hash), sql`coalesce(${apiKey.lastUsedAt} < now() - interval '1 minute', true)`));
    return found;
  });
  if (!row) throw new Refusal("unauthorized", "This API key is not valid");
  // A key speaks for one workspace; asking for another with it is asking for something that is not there.
  if (workspaceId !== null && workspaceId !== row.workspaceId)
    throw new Refusal("not_a_member", "This API key belongs to another workspace");
  const { id, name, role, scopes } = row;
  return { kind: "apiKey", apiKeyId: id, name, standing: { workspaceId: row.workspaceId, role, scopes } };
}
