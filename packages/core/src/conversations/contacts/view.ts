/**
 * How contacts look to callers.
 *
 * @module
 */
import type { Contact, ContactDetail } from "@axon/contracts/contacts";
import { contactIdentity } from "@axon/db/schema/contacts";
import { contact, conversation } from "@axon/db/schema/conversations";
import { asc, eq, max, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { type ContactRow, findStandingContact } from "../../internal/standing-contact.ts";

/** Names of one contact that are shown; whoever was merged a hundred times has more. */
const identitiesShownMax = 200;

export function toContact(row: ContactRow): Contact {
  const { id, name, email, phone, locale, externalId, attributes, createdAt } = row;
  return { id, name, email, phone, locale, externalId, attributes, verified: row.verifiedAt !== null, createdAt };
}

/** The contact, or the one that it was merged into. Refuses with `not_found`, also for one that was erased. */
export async function getContact(ws: WorkspaceCtx, contactId: string): Promise<ContactDetail> {
  const row = await findStandingContact(ws, contactId);
  if (row === null) throw notFound("contact");
  const identities = await ws.tx
    .select({ kind: contactIdentity.kind, value: contactIdentity.value, verifiedAt: contactIdentity.verifiedAt })
    .from(contactIdentity)
    .where(eq(contactIdentity.contactId, row.id))
    .orderBy(asc(contactIdentity.createdAt), asc(contactIdentity.id))
    .limit(identitiesShownMax);
  const [talks] = await ws.tx
    .select({ count: sql<number>`count(*)::int`, lastSeenAt: max(conversation.lastMessageAt) })
    .from(conversation)
    .where(eq(conversation.contactId, row.id));
  const merged = await ws.tx.select({ id: contact.id }).from(contact).where(eq(contact.mergedInto, row.id)).limit(identitiesShownMax);
  return {
    ...toContact(row),
    identities: identities.map(({ kind, value, verifiedAt }) => ({ kind, value, verified: verifiedAt !== null })),
    conversations: talks?.count ?? 0,
    lastSeenAt: talks?.lastSeenAt ?? null,
    mergedIds: merged.map(({ id }) => id),
  };
}
