/**
 * What the team knows of a contact.
 *
 * @module
 */
import type { ContactDetail, UpdateContactInput } from "@axon/contracts/contacts";
import { type ContactAttributes, contactAttributesMax } from "@axon/contracts/identities";
import { contact } from "@axon/db/schema/conversations";
import { eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import { type ContactRow, findStandingContact, holdStandingContact } from "../../internal/standing-contact.ts";
import { linkNames, lockNames, nameOf, unlinkName } from "./names.ts";
import { getContact } from "./view.ts";

/**
 * Changes what is named; null takes away. A new e-mail address or phone number is a name of the contact from then on, in place
 * of the one before. Refuses with `not_found`, with `conflict` when the name is another contact's (`details.contactId`: they may
 * be one person, to be merged), and with `validation` beyond 50 attributes.
 */
export async function updateContact(ws: WorkspaceCtx, input: UpdateContactInput): Promise<ContactDetail> {
  const names = [nameOf("email", input.email, true), nameOf("phone", input.phone, true)].filter((one) => one !== null);
  // Names before contacts, as whoever finds a contact by its names does.
  if ((await findStandingContact(ws, input.contactId)) === null) throw notFound("contact");
  await lockNames(ws, names);
  const before = await holdStandingContact(ws, input.contactId);
  if (before === null) throw notFound("contact");
  const { name = before.name, email = before.email, phone = before.phone, locale = before.locale } = input;
  const attributes = merged(before.attributes, input.attributes ?? {});
  for (const kind of ["email", "phone"] as const) {
    const earlier = nameOf(kind, before[kind], true);
    if (earlier !== null && input[kind] !== undefined && nameOf(kind, input[kind], true)?.value !== earlier.value) {
      await unlinkName(ws, before.id, earlier);
    }
  }
  const [taken] = await linkNames(ws, before.id, names);
  if (taken) {
    const problem = "is another contact's";
    throw new Refusal("conflict", `This ${taken.kind === "email" ? "e-mail address" : "phone number"} ${problem}`, {
      contactId: taken.contactId,
      fields: { [taken.kind]: problem },
    });
  }
  const after = { name, email, phone, locale, attributes };
  const changed = changedFields(before, after);
  if (changed.length > 0) {
    await ws.tx.update(contact).set(after).where(eq(contact.id, before.id));
    // Which, and not what: the log of what was done outlives a person who wants to be forgotten.
    ws.audit({ action: "contact.updated", target: { kind: "contact", id: before.id }, after: { changed } });
    ws.emit({ type: "contact.updated", contactId: before.id, change: "updated" });
  }
  return getContact(ws, before.id);
}

function merged(before: ContactAttributes, given: Readonly<Record<string, ContactAttributes[string] | null>>): ContactAttributes {
  const after = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(given)) {
    if (value === null) after.delete(name);
    else after.set(name, value);
  }
  if (after.size > Math.max(contactAttributesMax, Object.keys(before).length)) {
    const problem = `would be more than ${contactAttributesMax}`;
    throw new Refusal("validation", `attributes ${problem}`, { fields: { attributes: problem } });
  }
  return Object.fromEntries(after);
}

type Known = Pick<ContactRow, "name" | "email" | "phone" | "locale" | "attributes">;

function changedFields(before: Known, after: Known): string[] {
  return (["name", "email", "phone", "locale", "attributes"] as const).filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
}
