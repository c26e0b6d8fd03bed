/**
 * Which contact somebody is, by any of their names; a new one when none is known.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import { contactIdentity } from "@axon/db/schema/contacts";
import { contact } from "@axon/db/schema/conversations";
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { holdStandingContact } from "../../internal/standing-contact.ts";
import { type ContactName, type IdentityRow, linkNames, lockNames, readIdentities } from "./names.ts";

export interface GivenContact {
  /** The strongest first. */
  names: readonly ContactName[];
  /** What is said of them; `null` says nothing. */
  about: { name?: string | null; email?: string | null; phone?: string | null; locale?: string | null; page?: string | null };
  /** True: what is said now counts. False: it fills in what nobody has said yet. `page` is always the last. */
  overwrites: boolean;
  /** True when the business has signed for them: from here on only a signature lets in. */
  signed: boolean;
  /** An anonymous visitor who becomes this contact when nobody is known by these names. */
  anonymousId: string | null;
}

/**
 * Gives the contact's id; the contact is held until the commit. The first vouched name that somebody is known by says who it is;
 * an e-mail address or a phone number does not lead to a contact that has another external id: two customers may share one.
 * Any number at once with the same names are one contact.
 */
export async function resolveContact(ws: WorkspaceCtx, given: GivenContact): Promise<string> {
  const { names } = given;
  if (names.length > 0) await lockNames(ws, names);
  const found = (await findByNames(ws, names)) ?? (await holdAnonymous(ws, given.anonymousId));
  const external = names.find(({ kind, vouched }) => kind === "external" && vouched);
  const id = found ?? newId();
  if (found === null) await insertContact(ws, id, given, external);
  else await updateContact(ws, id, given, external);
  if (names.length > 0) await linkNames(ws, id, names);
  return id;
}

/** Changes of the names' owners while they are looked for; only merges make any. */
const looksMax = 3;

async function findByNames(ws: WorkspaceCtx, names: readonly ContactName[]): Promise<string | null> {
  for (let looks = 0; looks < looksMax; looks += 1) {
    const rows = await readIdentities(ws, names);
    const candidate = await bestOf(ws, names, rows);
    if (candidate === null) return null;
    // Held, it may turn out to have been merged or erased just now: then its names lead elsewhere.
    const held = await holdStandingContact(ws, candidate);
    if (held !== null) return held.id;
  }
  return null;
}

async function bestOf(ws: WorkspaceCtx, names: readonly ContactName[], rows: readonly IdentityRow[]): Promise<string | null> {
  const external = names.find(({ kind, vouched }) => kind === "external" && vouched);
  for (const name of names.filter(({ vouched }) => vouched)) {
    const row = rows.find(({ kind, value, verifiedAt }) => kind === name.kind && value === name.value && verifiedAt !== null);
    if (row && (name === external || external === undefined || !(await hasExternal(ws, row.contactId)))) return row.contactId;
    if (!row && name === external) {
      const earlier = await findByColumn(ws, external.value);
      if (earlier !== null) return earlier;
    }
  }
  return null;
}

/** A server of the release before, which may be running still, knows the column alone. */
async function findByColumn(ws: WorkspaceCtx, externalId: string): Promise<string | null> {
  const [row] = await ws.tx.select({ id: contact.id }).from(contact).where(eq(contact.externalId, externalId));
  return row?.id ?? null;
}

async function hasExternal(ws: WorkspaceCtx, contactId: string): Promise<boolean> {
  const [row] = await ws.tx
    .select({ id: contactIdentity.id })
    .from(contactIdentity)
    .where(and(eq(contactIdentity.contactId, contactId), eq(contactIdentity.kind, "external")))
    .limit(1);
  return row !== undefined;
}

/** Null unless that visitor is still nobody in particular. */
async function holdAnonymous(ws: WorkspaceCtx, contactId: string | null): Promise<string | null> {
  if (contactId === null) return null;
  const held = await holdStandingContact(ws, contactId);
  return held !== null && held.verifiedAt === null && held.externalId === null ? held.id : null;
}

async function insertContact(
  ws: WorkspaceCtx,
  id: string,
  { about, signed }: GivenContact,
  external: ContactName | undefined,
): Promise<void> {
  const externalId = external?.value ?? null;
  const verifiedAt = signed ? sql`now()` : null;
  await ws.tx.insert(contact).values({ workspaceId: ws.workspaceId, id, ...about, externalId, verifiedAt });
}

async function updateContact(ws: WorkspaceCtx, id: string, given: GivenContact, external: ContactName | undefined): Promise<void> {
  const { about, overwrites, signed } = given;
  const said = (["name", "email", "phone", "locale"] as const).flatMap((field) => {
    const value = about[field] ?? null;
    return value === null ? [] : [[field, overwrites ? value : sql`coalesce(${contact[field]}, ${value})`] as const];
  });
  const change: Record<string, SQL | string> = Object.fromEntries(said);
  if (about.page != null) change["page"] = about.page;
  if (signed) change["verifiedAt"] = sql`coalesce(${contact.verifiedAt}, now())`;
  if (Object.keys(change).length > 0) await ws.tx.update(contact).set(change).where(eq(contact.id, id));
  if (external)
    await ws.tx
      .update(contact)
      .set({ externalId: external.value })
      .where(and(eq(contact.id, id), isNull(contact.externalId)));
}
