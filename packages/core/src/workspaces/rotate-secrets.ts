/**
 * Sealing everything anew with the current key, so that an old key can be thrown away.
 *
 * Safe beside running servers: each secret is opened and sealed again under its row's lock, and the old key goes on opening
 * what has not come its turn. What cannot be opened is left as it is and named; no value is told to anybody.
 *
 * @module
 */
import type { Database } from "@axon/db/connect";
import { account } from "@axon/db/schema/accounts";
import { sealedSecret } from "@axon/db/schema/workspaces";
import { withAccount, withEngine, withWorkspace } from "@axon/db/transaction";
import { and, asc, eq, gt, isNotNull, ne, sql } from "drizzle-orm";
import { totpContext } from "../auth/index.ts";
import type { Sealer } from "../sealing.ts";
import { secretContext } from "./secrets.ts";

export interface RotateDeps {
  database: Pick<Database, "app" | "auth" | "engine">;
  sealer: Sealer;
}

/** A secret that no key opens: of a workspace by its name, or of an account its authenticator's. */
export interface Unopened {
  owner: "workspace" | "account";
  ownerId: string;
  name: string;
  keyId: string;
}

export interface Rotation {
  resealed: { secrets: number; authenticators: number };
  /** How many no key opens, and the first of them by name. */
  unopened: { count: number; named: Unopened[] };
}

/** Secrets looked at in one question. */
const pageMax = 200;
/** A longer list helps nobody. */
const namedMax = 1_000;

/** Seals with the current key all that is sealed with another. A second call finds only what could not be opened. */
export async function rotateSecrets(deps: RotateDeps): Promise<Rotation> {
  const rotation: Rotation = { resealed: { secrets: 0, authenticators: 0 }, unopened: { count: 0, named: [] } };
  await rotateWorkspaces(deps, rotation);
  await rotateAuthenticators(deps, rotation);
  return rotation;
}

async function rotateWorkspaces(deps: RotateDeps, rotation: Rotation): Promise<void> {
  let after: { workspaceId: string; name: string } | undefined;
  do {
    const beyond = after && sql`(${sealedSecret.workspaceId}, ${sealedSecret.name}) > (${after.workspaceId}::uuid, ${after.name})`;
    const page = await withEngine(deps.database, (tx) =>
      tx
        .select({ workspaceId: sealedSecret.workspaceId, name: sealedSecret.name })
        .from(sealedSecret)
        .where(and(ne(sealedSecret.keyId, deps.sealer.currentKeyId), beyond))
        .orderBy(asc(sealedSecret.workspaceId), asc(sealedSecret.name))
        .limit(pageMax),
    );
    for (const row of page) await reseal(deps, row.workspaceId, row.name, rotation);
    after = page.length === pageMax ? page.at(-1) : undefined;
  } while (after);
}

async function reseal({ database, sealer }: RotateDeps, workspaceId: string, name: string, rotation: Rotation): Promise<void> {
  await withWorkspace(database, workspaceId, async (tx) => {
    const [held] = await tx
      .select({ sealed: sealedSecret.sealed, keyId: sealedSecret.keyId })
      .from(sealedSecret)
      .where(and(eq(sealedSecret.name, name), ne(sealedSecret.keyId, sealer.currentKeyId)))
      .for("update");
    if (!held) return; // Removed, or set anew, since it was listed.
    const again = sealAgain(sealer, held.sealed, secretContext(workspaceId, name));
    if (!again) return leave(rotation, { owner: "workspace", ownerId: workspaceId, name, keyId: held.keyId });
    // `updated_at` says when the workspace set it, which this does not change.
    await tx.update(sealedSecret).set(again).where(eq(sealedSecret.name, name));
    rotation.resealed.secrets += 1;
  });
}

async function rotateAuthenticators(deps: RotateDeps, rotation: Rotation): Promise<void> {
  const outdated = sql`split_part(${account.totpSecret}, '.', 2) <> ${deps.sealer.currentKeyId}`;
  let after: string | undefined;
  do {
    const beyond = after === undefined ? undefined : gt(account.id, after);
    const page = await withAccount(deps.database, {}, async (tx) => {
      const rows = await tx
        .select({ id: account.id, sealed: account.totpSecret })
        .from(account)
        .where(and(isNotNull(account.totpSecret), outdated, beyond))
        .orderBy(asc(account.id))
        .limit(pageMax)
        .for("update");
      for (const { id, sealed } of rows) {
        const again = sealed === null ? null : sealAgain(deps.sealer, sealed, totpContext(id));
        if (again) {
          await tx.update(account).set({ totpSecret: again.sealed }).where(eq(account.id, id));
          rotation.resealed.authenticators += 1;
        } else leave(rotation, { owner: "account", ownerId: id, name: "authenticator", keyId: keyOf(sealed) });
      }
      return rows;
    });
    after = page.length === pageMax ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
}

/** Null when no key opens it. */
function sealAgain(sealer: Sealer, sealed: string, context: string): { sealed: string; keyId: string } | null {
  let plain: string;
  try {
    plain = sealer.open(sealed, context);
  } catch {
    return null; // Its key is gone or it was damaged: either way there is nothing to seal.
  }
  return sealer.seal(plain, context);
}

function keyOf(sealed: string | null): string {
  return sealed?.split(".")[1] ?? "";
}

function leave({ unopened }: Rotation, one: Unopened): void {
  unopened.count += 1;
  if (unopened.named.length < namedMax) unopened.named.push(one);
}
