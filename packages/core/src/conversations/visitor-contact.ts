/**
 * Which contact is in front of a widget: the one that a signed identity names, the one that came before, or a new one.
 *
 * @module
 */
import type { OpenWidgetInput } from "@axon/contracts/widget";
import { newId } from "@axon/db/ids";
import { contact } from "@axon/db/schema/conversations";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { VisitorClaims } from "../auth/index.ts";
import { isVouchedFor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";

/** An identity whose signature was found right. */
type Identity = NonNullable<OpenWidgetInput["identity"]>;

export interface Visit {
  channelId: string;
  identityVersion: number;
  /** What the visitor's token says, if it was a good one. */
  claims: VisitorClaims | null;
  identity: Identity | null;
  /** Address of the page, as it came. */
  pageUrl: string | null;
}

/**
 * Gives the contact's id, and whether the business vouches for them. An identity that has a contact already is that one, whoever the token named; otherwise the anonymous
 * visitor becomes it, with what they wrote. What a business has said of a contact is not changed by what a page says.
 */
export async function contactOfVisit(ws: WorkspaceCtx, visit: Visit): Promise<{ contactId: string; identified: boolean }> {
  const returning = await findReturning(ws, visit);
  const page = visit.pageUrl === null ? {} : { page: withoutQuery(visit.pageUrl) };
  if (visit.identity !== null) return { contactId: await identifiedContact(ws, visit.identity, returning, page), identified: true };
  if (returning === null) return { contactId: await insertContact(ws, page), identified: false };
  if (visit.pageUrl !== null) await ws.tx.update(contact).set(page).where(eq(contact.id, returning.id));
  return { contactId: returning.id, identified: !returning.anonymous };
}

interface Returning {
  id: string;
  anonymous: boolean;
}

/** Null when the token is of another channel, when its contact is gone, or when nobody vouches for it any more. */
async function findReturning(ws: WorkspaceCtx, { channelId, identityVersion, claims }: Visit): Promise<Returning | null> {
  if (claims === null || claims.workspaceId !== ws.workspaceId || claims.channelId !== channelId) return null;
  const [row] = await ws.tx.select({ verifiedAt: contact.verifiedAt }).from(contact).where(eq(contact.id, claims.contactId));
  if (!row || !isVouchedFor(claims, { identityVersion }, row)) return null;
  return { id: claims.contactId, anonymous: row.verifiedAt === null };
}

async function identifiedContact(
  ws: WorkspaceCtx,
  identity: Identity,
  returning: Returning | null,
  page: { page?: string },
): Promise<string> {
  const { userId } = identity;
  const [name, email] = [identity.name ?? null, identity.email ?? null];
  // Fifty tabs that identify at once line up here; the first makes the contact and the others find it.
  await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${ws.workspaceId}:visitor:${userId}`}, 0))`);
  const verified = {
    verifiedAt: sql`coalesce(${contact.verifiedAt}, now())`,
    name: sql`coalesce(${contact.name}, ${name})`,
    email: sql`coalesce(${contact.email}, ${email})`,
    ...page,
  };
  const [known] = await ws.tx.update(contact).set(verified).where(eq(contact.externalId, userId)).returning({ id: contact.id });
  if (known) return known.id;
  if (returning?.anonymous) {
    const [named] = await ws.tx
      .update(contact)
      .set({ ...verified, externalId: userId })
      .where(and(eq(contact.id, returning.id), isNull(contact.externalId)))
      .returning({ id: contact.id });
    if (named) return named.id;
  }
  return insertContact(ws, { externalId: userId, name, email, verifiedAt: sql`now()`, ...page });
}

async function insertContact(
  ws: WorkspaceCtx,
  about: { externalId?: string; name?: string | null; email?: string | null; verifiedAt?: ReturnType<typeof sql>; page?: string },
): Promise<string> {
  const id = newId();
  await ws.tx.insert(contact).values({ workspaceId: ws.workspaceId, id, ...about });
  return id;
}

/** Addresses carry tokens and search words behind the question mark: what is kept is the place alone. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
