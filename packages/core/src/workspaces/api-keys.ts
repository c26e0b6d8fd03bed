/**
 * API keys: made, listed, revoked. Only a key's hash is kept, so it is shown once.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import type { ApiKey, createApiKeyInput } from "@axon/contracts/workspaces";
import { newId } from "@axon/db/ids";
import { apiKey } from "@axon/db/schema/workspaces";
import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { z } from "zod";
import { apiKeyPrefix, newSecret, secretHash } from "../auth/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { decodeCursor, isIdKey, toPage } from "../internal/paging.ts";

const shown = {
  id: apiKey.id,
  name: apiKey.name,
  prefix: apiKey.prefix,
  role: apiKey.role,
  createdAt: apiKey.createdAt,
  lastUsedAt: apiKey.lastUsedAt,
  expiresAt: apiKey.expiresAt,
};

/** Makes a key of this workspace. `secret` is given here and never again. */
export async function createApiKey(
  ws: WorkspaceCtx,
  input: z.output<typeof createApiKeyInput>,
  createdBy: string | null,
): Promise<ApiKey & { secret: string }> {
  const secret = newSecret(apiKeyPrefix);
  const [row] = await ws.tx
    .insert(apiKey)
    .values({
      workspaceId: ws.workspaceId,
      id: newId(),
      name: input.name,
      prefix: secret.slice(0, apiKeyPrefix.length + 6),
      hash: secretHash(secret),
      role: input.role,
      createdBy,
      expiresAt: input.expiresAt ?? null,
    })
    .returning(shown);
  if (!row) throw new Error("an API key was not inserted");
  return { ...row, secret };
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
  return toPage(
    rows,
    input.limit,
    (row) => row,
    (row) => [row.id],
  );
}

/** Ends a key; it is refused from the next call on. Twice is once. Refuses with `not_found`. */
export async function revokeApiKey(ws: WorkspaceCtx, apiKeyId: string): Promise<void> {
  const rows = await ws.tx
    .update(apiKey)
    .set({ revokedAt: sql`coalesce(${apiKey.revokedAt}, now())` })
    .where(eq(apiKey.id, apiKeyId))
    .returning({ id: apiKey.id });
  if (rows.length === 0) throw notFound("API key");
}
