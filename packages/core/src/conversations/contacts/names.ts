/**
 * The names by which a contact is known, as they are kept and compared.
 *
 * A name is vouched for when somebody whom the workspace trusts said so: its own member or key, a signature of its server. What
 * a visitor says of themselves is a claim: it is noted where nobody has that name, and finds nobody, so that whoever gives
 * another's e-mail address gets nothing of theirs.
 *
 * @module
 */
import type { IdentityKind } from "@axon/contracts/identities";
import { newId } from "@axon/db/ids";
import { contactIdentity } from "@axon/db/schema/contacts";
import { and, eq, or, type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";

export interface ContactName {
  kind: IdentityKind;
  /** As `nameOf` writes it. */
  value: string;
  vouched: boolean;
}

export type IdentityRow = typeof contactIdentity.$inferSelect;

/** A name as it is compared; null for none. */
export function nameOf(kind: IdentityKind, given: string | null | undefined, vouched: boolean): ContactName | null {
  if (given === null || given === undefined) return null;
  const value = kind === "external" ? given : given.trim().toLowerCase();
  return value === "" ? null : { kind, value, vouched };
}

/** Whoever else is about to find or link one of these names waits here until this commit; always in the same order. */
export async function lockNames(ws: WorkspaceCtx, names: readonly ContactName[]): Promise<void> {
  const keys = names.map(({ kind, value }) => `${ws.workspaceId}:contact:${kind}:${value}`).sort();
  for (const key of keys) await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`);
}

export async function readIdentities(ws: WorkspaceCtx, names: readonly ContactName[]): Promise<IdentityRow[]> {
  if (names.length === 0) return [];
  return ws.tx
    .select()
    .from(contactIdentity)
    .where(or(...names.map(isName)));
}

/**
 * Gives the contact these names, which must be locked. A claim that somebody else has made gives way to the word of the
 * workspace; a name that is vouched for stays where it is. Gives the names that are another contact's.
 */
export async function linkNames(ws: WorkspaceCtx, contactId: string, names: readonly ContactName[]): Promise<IdentityRow[]> {
  const known = await readIdentities(ws, names);
  const taken: IdentityRow[] = [];
  for (const name of names) {
    const row = known.find(({ kind, value }) => kind === name.kind && value === name.value);
    if (!row) await insertName(ws, contactId, name);
    else if (name.vouched && row.verifiedAt === null) await vouch(ws, contactId, row);
    else if (row.contactId !== contactId) taken.push(row);
  }
  return taken;
}

/** Takes a name away from a contact; fine when it has it not. */
export async function unlinkName(ws: WorkspaceCtx, contactId: string, name: ContactName): Promise<void> {
  await ws.tx.delete(contactIdentity).where(and(eq(contactIdentity.contactId, contactId), isName(name)));
}

async function insertName(ws: WorkspaceCtx, contactId: string, { kind, value, vouched }: ContactName): Promise<void> {
  const verifiedAt = vouched ? sql`now()` : null;
  await ws.tx.insert(contactIdentity).values({ workspaceId: ws.workspaceId, id: newId(), contactId, kind, value, verifiedAt });
}

async function vouch(ws: WorkspaceCtx, contactId: string, row: IdentityRow): Promise<void> {
  await ws.tx.update(contactIdentity).set({ contactId, verifiedAt: sql`now()` }).where(eq(contactIdentity.id, row.id));
}

function isName({ kind, value }: Pick<ContactName, "kind" | "value">): SQL | undefined {
  return and(eq(contactIdentity.kind, kind), eq(contactIdentity.value, value));
}

/** What a contact is left with whose details are another's now, or nobody's. */
export const noDetails = {
  externalId: null,
  name: null,
  email: null,
  phone: null,
  locale: null,
  page: null,
  verifiedAt: null,
  attributes: {},
};
