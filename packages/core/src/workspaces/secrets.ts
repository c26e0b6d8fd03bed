/**
 * Secrets that a workspace has entrusted to us: sealed when they come in, opened only where they are used.
 *
 * A value is shown to nobody again: no list, no audit line and no log holds one. Each is sealed for its workspace and name,
 * so that a row copied to another place stays shut.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import { type Secret, secretName, secretsMax, type setSecretInput } from "@axon/contracts/workspaces";
import { sealedSecret, workspace } from "@axon/db/schema/workspaces";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { decodeCursor, toPage } from "../internal/paging.ts";
import type { Sealer } from "../sealing.ts";

const shown = {
  name: sealedSecret.name,
  keyId: sealedSecret.keyId,
  createdAt: sealedSecret.createdAt,
  updatedAt: sealedSecret.updatedAt,
};

/** What a secret is sealed for. A rotation needs the same words. */
export function secretContext(workspaceId: string, name: string): string {
  return `${workspaceId}:${name}`;
}

/** Keeps a secret, in place of an earlier one of the same name. Refuses with `plan_limit` when there are 100 others. */
export async function setSecret(ws: WorkspaceCtx, sealer: Sealer, { name, value }: z.output<typeof setSecretInput>): Promise<Secret> {
  await lockSecrets(ws);
  const [others] = await ws.tx.select({ count: sql<number>`count(*)::int` }).from(sealedSecret).where(sql`${sealedSecret.name} <> ${name}`);
  if (others && others.count >= secretsMax)
    throw new Refusal("plan_limit", `A workspace keeps at most ${secretsMax} secrets`, { limit: secretsMax });
  const { sealed, keyId } = sealer.seal(value, secretContext(ws.workspaceId, name));
  const [row] = await ws.tx
    .insert(sealedSecret)
    .values({ workspaceId: ws.workspaceId, name, sealed, keyId })
    .onConflictDoUpdate({ target: [sealedSecret.workspaceId, sealedSecret.name], set: { sealed, keyId, updatedAt: sql`now()` } })
    .returning(shown);
  if (!row) throw new Error("a secret was not kept");
  ws.audit({ action: "secret.set", target: { kind: "secret", id: name } });
  return row;
}

/** The value of a secret, for the one who uses it; null when there is none. Throws when its sealing key is gone. */
export async function openSecret(ws: WorkspaceCtx, sealer: Sealer, name: string): Promise<string | null> {
  const [row] = await ws.tx.select({ sealed: sealedSecret.sealed }).from(sealedSecret).where(eq(sealedSecret.name, name));
  return row ? sealer.open(row.sealed, secretContext(ws.workspaceId, name)) : null;
}

/** Names and dates, by name. */
export async function listSecrets(ws: WorkspaceCtx, input: PageInput): Promise<Page<Secret>> {
  const after = decodeCursor(input.cursor, isNameKey);
  const rows = await ws.tx
    .select(shown)
    .from(sealedSecret)
    .where(and(after ? gt(sealedSecret.name, after[0]) : undefined))
    .orderBy(asc(sealedSecret.name))
    .limit(input.limit + 1);
  return toPage(
    rows,
    input.limit,
    (row) => row,
    (row) => [row.name],
  );
}

/** Forgets a secret. Refuses with `not_found`. */
export async function removeSecret(ws: WorkspaceCtx, name: string): Promise<void> {
  const gone = await ws.tx.delete(sealedSecret).where(eq(sealedSecret.name, name)).returning({ name: sealedSecret.name });
  if (gone.length === 0) throw notFound("secret");
  ws.audit({ action: "secret.removed", target: { kind: "secret", id: name } });
}

/** Held until the commit, so that two at once do not both see the last free place. */
async function lockSecrets(ws: WorkspaceCtx): Promise<void> {
  const held = await ws.tx.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, ws.workspaceId)).for("no key update");
  if (held.length === 0) throw notFound("workspace");
}

function isNameKey(value: unknown): value is readonly [string] {
  return Array.isArray(value) && value.length === 1 && secretName.safeParse(value[0]).success;
}
