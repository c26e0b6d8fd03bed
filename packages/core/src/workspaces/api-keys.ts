/**
 * API keys: made, listed, revoked. Only a key's hash is kept, so it is shown once.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import { holds, may, type Permission, permissionNames, type Role } from "@axon/contracts/permissions";
import type { ApiKey, createApiKeyInput, MadeApiKey } from "@axon/contracts/workspaces";
import { newId } from "@axon/db/ids";
import { apiKey } from "@axon/db/schema/workspaces";
import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { z } from "zod";
import { apiKeyPrefix, newSecret, secretHash } from "../auth/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import { decodeCursor, isIdKey, pageById } from "../internal/paging.ts";
import { requireStanding } from "./standing.ts";

/** As a caller inside the house may write it: what has a default may be left out. */
type CreateApiKey = Pick<z.output<typeof createApiKeyInput>, "name" | "role"> & Partial<z.output<typeof createApiKeyInput>>;

const shown = {
  id: apiKey.id,
  name: apiKey.name,
  prefix: apiKey.prefix,
  role: apiKey.role,
  scopes: apiKey.scopes,
  createdBy: apiKey.createdBy,
  createdAt: apiKey.createdAt,
  lastUsedAt: apiKey.lastUsedAt,
  expiresAt: apiKey.expiresAt,
};

/**
 * Makes a key of this workspace. `secret` is given here and never again: the same idempotency key gives the key without it, since
 * no result that holds a secret is kept. A key can do no more than who makes it. Refuses with `validation` (scopes that the role
 * does not have, an end in the past) or `forbidden` (more than the caller may).
 */
export async function createApiKey(ws: WorkspaceCtx, input: CreateApiKey, createdBy: string | null): Promise<MadeApiKey> {
  const scopes = input.scopes ? permissionNames.filter((permission) => input.scopes?.includes(permission)) : null;
  const secret = newSecret(apiKeyPrefix);
  let isNew = false;
  const row = await once(ws, { procedure: "workspaces.apiKeys.create", input }, async () => {
    checkScopes(input.role, scopes);
    if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= Date.now())
      throw new Refusal("validation", "expiresAt: must lie in the future", { fields: { expiresAt: "must lie in the future" } });
    const by = await requireStanding(ws, "apiKeys.manage");
    const beyond = permissionNames.filter(
      (permission) => holds("apiKey", { role: input.role, scopes }, permission) && !by.permissions.includes(permission),
    );
    if (beyond.length > 0) throw new Refusal("forbidden", `You can't give what you don't have: ${beyond.join(", ")}`, { scopes: beyond });
    const id = newId();
    const [made] = await ws.tx
      .insert(apiKey)
      .values({
        workspaceId: ws.workspaceId,
        id,
        name: input.name,
        prefix: secret.slice(0, apiKeyPrefix.length + 6),
        hash: secretHash(secret),
        role: input.role,
        scopes,
        createdBy,
        expiresAt: input.expiresAt ?? null,
      })
      .returning(shown);
    if (!made) throw new Error("an API key was not inserted");
    const { name, prefix, role, expiresAt } = made;
    ws.audit({ action: "api_key.created", target: { kind: "api_key", id }, after: { name, prefix, role, scopes, expiresAt } });
    isNew = true;
    return made;
  });
  return { ...row, secret: isNew ? secret : null };
}

function checkScopes(role: Role, scopes: readonly Permission[] | null): void {
  const bad = scopes?.filter((scope) => !may(role, scope)) ?? [];
  if (bad.length === 0) return;
  throw new Refusal("validation", `A ${role} does not have ${bad.join(", ")}`, {
    fields: { scopes: `names what a ${role} does not have` },
    scopes: bad,
  });
}

/** The keys in force, oldest first. */
export async function listApiKeys(ws: WorkspaceCtx, input: PageInput): Promise<Page<ApiKey>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select(shown)
    .from(apiKey)
    .where(and(isNull(apiKey.revokedAt), after ? gt(apiKey.id, after[0]) : undefined))
    .orderBy(asc(apiKey.id))
    .limit(input.limit + 1);
  return pageById(rows, input.limit);
}

/** Ends a key; it is refused from the next call on, and its open streams end. Twice is once. Refuses with `not_found`. */
export async function revokeApiKey(ws: WorkspaceCtx, apiKeyId: string): Promise<void> {
  const [found] = await ws.tx
    .select({ name: apiKey.name, prefix: apiKey.prefix, role: apiKey.role, revokedAt: apiKey.revokedAt })
    .from(apiKey)
    .where(eq(apiKey.id, apiKeyId))
    .for("update");
  if (!found) throw notFound("API key");
  const { revokedAt, ...before } = found;
  if (revokedAt !== null) return;
  await ws.tx.update(apiKey).set({ revokedAt: sql`now()` }).where(eq(apiKey.id, apiKeyId));
  ws.audit({ action: "api_key.revoked", target: { kind: "api_key", id: apiKeyId }, before });
}
