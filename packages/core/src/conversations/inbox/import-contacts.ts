/**
 * The contacts of what is brought in, all at once: those whom nobody knows are written in bulk, and whoever is known by one of
 * their names is found as anywhere else.
 *
 * @module
 */
import type { ImportedConversation } from "@axon/contracts/inbox";
import { newId } from "@axon/db/ids";
import { contactIdentity } from "@axon/db/schema/contacts";
import { contact } from "@axon/db/schema/conversations";
import { inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { type ContactName, nameOf } from "../contacts/names.ts";
import { resolveContact } from "../contacts/resolve-contact.ts";

type Given = ImportedConversation["contact"];
interface Person {
  given: Given;
  names: ContactName[];
}

/** Gives each contact's id by its external id. What the last conversation says of a contact is what counts. */
export async function importContacts(ws: WorkspaceCtx, given: readonly Given[]): Promise<Map<string, string>> {
  const people = [...new Map(given.map((one) => [one.externalId, one])).values()].map((one) => ({ given: one, names: namesOf(one) }));
  await lockAll(ws, people);
  const known = await knownNames(ws, people);
  const ids = new Map<string, string>();
  const fresh: (Person & { id: string })[] = [];
  for (const person of people) {
    if (person.names.some((name) => known.has(keyOf(name)))) ids.set(person.given.externalId, await resolve(ws, person));
    else fresh.push({ ...person, id: newId() });
  }
  await insertAll(ws, fresh);
  for (const { given: one, id } of fresh) ids.set(one.externalId, id);
  return ids;
}

function namesOf({ externalId, email }: Given): ContactName[] {
  return [nameOf("external", externalId, true), nameOf("email", email, true)].filter((name) => name !== null);
}

function keyOf({ kind, value }: Pick<ContactName, "kind" | "value">): string {
  return `${kind}:${value}`;
}

/** As `lockNames` does for one contact, in the same order, in one statement. */
async function lockAll({ workspaceId, tx }: WorkspaceCtx, people: readonly Person[]): Promise<void> {
  const keys = [...new Set(people.flatMap(({ names }) => names.map((name) => `${workspaceId}:contact:${keyOf(name)}`)))].sort();
  await tx.execute(sql`
    select pg_advisory_xact_lock(hashtextextended(name, 0))
    from jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb) with ordinality as key(name, place) order by place`);
}

async function knownNames(ws: WorkspaceCtx, people: readonly Person[]): Promise<Set<string>> {
  const values = people.flatMap(({ names }) => names.map(({ value }) => value));
  const identities = await ws.tx
    .select({ kind: contactIdentity.kind, value: contactIdentity.value })
    .from(contactIdentity)
    .where(inArray(contactIdentity.value, values));
  const externalIds = people.map(({ given }) => given.externalId);
  const rows = await ws.tx.select({ value: contact.externalId }).from(contact).where(inArray(contact.externalId, externalIds));
  return new Set([...identities.map(keyOf), ...rows.map(({ value }) => `external:${value}`)]);
}

function resolve(ws: WorkspaceCtx, { given, names }: Person): Promise<string> {
  const about = { name: given.name ?? null, email: given.email ?? null };
  return resolveContact(ws, { names, about, overwrites: true, signed: false, anonymousId: null });
}

async function insertAll(ws: WorkspaceCtx, fresh: readonly (Person & { id: string })[]): Promise<void> {
  if (fresh.length === 0) return;
  const { workspaceId, tx } = ws;
  await tx
    .insert(contact)
    .values(fresh.map(({ id, given: { externalId, name = null, email = null } }) => ({ workspaceId, id, externalId, name, email })));
  await tx
    .insert(contactIdentity)
    .values(
      fresh.flatMap(({ id, names }) =>
        names.map(({ kind, value }) => ({ workspaceId, id: newId(), contactId: id, kind, value, verifiedAt: sql`now()` })),
      ),
    )
    // An address that two of the same call have stays with the first.
    .onConflictDoNothing();
}
