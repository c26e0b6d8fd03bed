/**
 * Two contacts who are one person.
 *
 * @module
 */
import type { ContactDetail, MergeContactsInput } from "@axon/contracts/contacts";
import { contactIdentity } from "@axon/db/schema/contacts";
import { contact, conversation, csat } from "@axon/db/schema/conversations";
import { asc, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import type { ContactRow } from "../../internal/standing-contact.ts";
import { noDetails } from "./names.ts";
import { getContact } from "./view.ts";

/**
 * Everything of the one is the other's from this commit on: conversations, ratings, names, and what is noted of them where the
 * other has nothing. The id of the one leads to the other. An anonymous visitor's token does not open a contact that the
 * business has signed for. Merged again, nothing happens. Refuses with `not_found`, with `validation` when both are the same, and
 * with `invalid_state` when either was merged into somebody else (`details.intoId`).
 */
export async function mergeContacts(ws: WorkspaceCtx, input: MergeContactsInput): Promise<ContactDetail> {
  const [fromId, intoId] = [input.fromId.toLowerCase(), input.intoId.toLowerCase()];
  if (fromId === intoId) {
    const problem = "must be another contact than fromId";
    throw new Refusal("validation", `intoId ${problem}`, { fields: { intoId: problem } });
  }
  const [from, into] = await holdBoth(ws, fromId, intoId);
  if (from.mergedInto === intoId) return getContact(ws, intoId);
  for (const { id, mergedInto } of [into, from]) {
    if (mergedInto !== null) throw new Refusal("invalid_state", "That contact was merged already", { contactId: id, intoId: mergedInto });
  }
  const conversations = await moveConversations(ws, fromId, intoId);
  await ws.tx.update(csat).set({ contactId: intoId }).where(eq(csat.contactId, fromId));
  const names = await ws.tx
    .update(contactIdentity)
    .set({ contactId: intoId })
    .where(eq(contactIdentity.contactId, fromId))
    .returning({ id: contactIdentity.id });
  await moveAbout(ws, from, into);
  const count = { conversations, identities: names.length };
  ws.audit({ action: "contact.merged", target: { kind: "contact", id: intoId }, after: { fromId, ...count } });
  ws.emit({ type: "contact.updated", contactId: fromId, change: "merged", intoId });
  return getContact(ws, intoId);
}

/** One merge of a workspace at a time, and nobody follows one meanwhile: see `holdStandingContact`. */
async function holdBoth(ws: WorkspaceCtx, fromId: string, intoId: string): Promise<[ContactRow, ContactRow]> {
  await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(current_setting('app.workspace_id') || ':merges', 0))`);
  const rows = await ws.tx
    .select()
    .from(contact)
    .where(inArray(contact.id, [fromId, intoId]))
    .orderBy(asc(contact.id))
    .for("no key update");
  const [from, into] = [fromId, intoId].map((id) => rows.find((row) => row.id === id && row.erasedAt === null));
  if (!from || !into) throw notFound("contact");
  return [from, into];
}

/** A conversation that goes on in another just now is waited for, and the other is found in the next round. */
const roundsMax = 10;

async function moveConversations(ws: WorkspaceCtx, fromId: string, intoId: string): Promise<number> {
  let moved = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const rows = await ws.tx
      .update(conversation)
      .set({ contactId: intoId })
      .where(eq(conversation.contactId, fromId))
      .returning({ id: conversation.id });
    if (rows.length === 0) return moved;
    moved += rows.length;
  }
  throw new Error("a contact's conversations could not be moved: more of them kept coming");
}

async function moveAbout(ws: WorkspaceCtx, from: ContactRow, into: ContactRow): Promise<void> {
  // First what is unique, or the two would have it at once.
  await ws.tx
    .update(contact)
    .set({ ...noDetails, mergedInto: into.id })
    .where(eq(contact.id, from.id));
  await ws.tx.update(contact).set({ mergedInto: into.id }).where(eq(contact.mergedInto, from.id));
  await ws.tx
    .update(contact)
    .set({
      externalId: into.externalId ?? from.externalId,
      name: into.name ?? from.name,
      email: into.email ?? from.email,
      phone: into.phone ?? from.phone,
      locale: into.locale ?? from.locale,
      page: into.page ?? from.page,
      verifiedAt: into.verifiedAt ?? from.verifiedAt,
      attributes: { ...from.attributes, ...into.attributes },
    })
    .where(eq(contact.id, into.id));
}
