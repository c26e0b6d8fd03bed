/**
 * From a presented credential to a principal: who calls, and as what in which workspace.
 *
 * @module
 */
import type { Permission, Role } from "@axon/contracts/permissions";
import { apiKey } from "@axon/db/schema/workspaces";
import { type AccountScope, askAccount, type Statement, withAccount } from "@axon/db/transaction";
import { and, eq, sql } from "drizzle-orm";
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

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A question about a credential, and what its asker may see while it is answered. */
export interface Question {
  scope: AccountScope;
  statement: Statement;
}

/** What is found of a session that is good: neither ended by anybody nor past its time. Workspace and role are null for whoever has no place there. */
export interface SessionRow {
  name: string;
  role: Role | null;
  workspaceId: string | null;
}

/** What is found of a key that is good. */
export interface KeyRow {
  id: string;
  name: string;
  role: Role;
  scopes: Permission[] | null;
  workspaceId: string;
  /** True when its last use was written down a while ago. */
  stale: boolean;
}

// Both are asked at every call, so their text is written once and never built.
const sessionText = `select account.name, membership.role, workspace.id as "workspaceId"
  from session
  join account on account.id = session.account_id
  left join membership on membership.account_id = account.id and membership.workspace_id = $3
  left join workspace on workspace.id = membership.workspace_id and workspace.deleted_at is null
  where session.id = $1 and session.account_id = $2 and session.revoked_at is null and session.expires_at > now()`;
// Once a minute is exact enough for "last used" and keeps a busy key from rewriting its row at every call.
const keyText = `select api_key.id, api_key.name, api_key.role, api_key.scopes, workspace.id as "workspaceId",
    coalesce(api_key.last_used_at < now() - interval '1 minute', true) as stale
  from api_key
  join workspace on workspace.id = api_key.workspace_id and workspace.deleted_at is null
  where api_key.hash = $1 and api_key.revoked_at is null and (api_key.expires_at is null or api_key.expires_at > now())`;

/** Answered by at most one `SessionRow`. The ids are from a token of ours; the workspace may be anything. */
export function askSession(accountId: string, sessionId: string, workspaceId: string | null): Question {
  const wanted = workspaceId !== null && uuidPattern.test(workspaceId) ? workspaceId : null;
  return { scope: { accountId }, statement: { text: sessionText, values: [sessionId, accountId, wanted] } };
}

/** Answered by at most one `KeyRow`. */
export function askKey(token: string): Question {
  const hash = secretHash(token);
  return { scope: { apiKeyHash: hash }, statement: { text: keyText, values: [hash] } };
}

/**
 * Checks an access token or API key, its session and the caller's membership in one trip to the database.
 * Refuses with `unauthorized` or `token_expired`. A workspace that is not the caller's gives a principal without standing.
 */
export async function authenticate(deps: AuthDeps, token: string, workspaceId: string | null): Promise<Principal> {
  return token.startsWith(apiKeyPrefix) ? authenticateKey(deps, token, workspaceId) : authenticateUser(deps, token, workspaceId);
}

async function authenticateUser(deps: AuthDeps, token: string, workspaceId: string | null): Promise<Principal> {
  const { accountId, sessionId } = await deps.accessTokens.verify(token);
  const { scope, statement } = askSession(accountId, sessionId, workspaceId);
  const [row] = await askAccount<SessionRow>(deps.database, scope, statement);
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
  const { scope, statement } = askKey(token);
  const [row] = await askAccount<KeyRow>(deps.database, scope, statement);
  if (!row) throw new Refusal("unauthorized", "This API key is not valid");
  if (row.stale) await noteUse(deps, scope);
  // A key speaks for one workspace; asking for another with it is asking for something that is not there.
  if (workspaceId !== null && workspaceId !== row.workspaceId)
    throw new Refusal("not_a_member", "This API key belongs to another workspace");
  const { id, name, role, scopes } = row;
  return { kind: "apiKey", apiKeyId: id, name, standing: { workspaceId: row.workspaceId, role, scopes } };
}

async function noteUse(deps: AuthDeps, scope: AccountScope): Promise<void> {
  await withAccount(deps.database, scope, (tx) =>
    tx
      .update(apiKey)
      .set({ lastUsedAt: sql`now()` })
      .where(
        and(
          eq(apiKey.hash, scope.apiKeyHash ?? ""),
          sql`${apiKey.revokedAt} is null and coalesce(${apiKey.lastUsedAt} < now() - interval '1 minute', true)`,
        ),
      ),
  );
}
