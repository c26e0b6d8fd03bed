/**
 * Who an id of a contact leads to: the contact itself, or the one that it was merged into. An erased one is nobody.
 *
 * @module
 */
import { contact } from "@axon/db/schema/conversations";
import { eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";

export type ContactRow = typeof contact.$inferSelect;

/** Null when there is none of that id, or when their data was ordered to be erased. */
export async function findStandingContact(ws: Pick<WorkspaceCtx, "tx">, contactId: string): Promise<ContactRow | null> {
  const [row] = await ws.tx.select().from(contact).where(eq(contact.id, contactId));
  if (!row || row.erasedAt !== null) return null;
  if (row.mergedInto === null) return row;
  // Never further: whoever is merged into is not merged themselves.
  const [survivor] = await ws.tx.select().from(contact).where(eq(contact.id, row.mergedInto));
  return survivor && survivor.erasedAt === null ? survivor : null;
}

/** Merges between two looks at a contact. */
const looksMax = 3;

/**
 * The same, held until this transaction ends: nobody merges or erases them meanwhile. To be called before something is hung on a
 * contact, and before a conversation is locked.
 */
export async function holdStandingContact(ws: Pick<WorkspaceCtx, "tx">, contactId: string): Promise<ContactRow | null> {
  // Whoever follows a merge holds two contacts in the order of the merge, which need not be that of another merge.
  await ws.tx.execute(sql`select pg_advisory_xact_lock_shared(hashtextextended(current_setting('app.workspace_id') || ':merges', 0))`);
  for (let [id, looks] = [contactId, 0]; looks < looksMax; looks += 1) {
    const [row] = await ws.tx.select().from(contact).where(eq(contact.id, id)).for("no key update");
    if (!row || row.erasedAt !== null) return null;
    if (row.mergedInto === null) return row;
    id = row.mergedInto;
  }
  throw new Error("a contact was merged again and again while it was looked for");
}
