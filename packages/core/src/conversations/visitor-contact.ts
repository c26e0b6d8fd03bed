/**
 * Which contact is in front of a widget: the one that a signed identity names, the one that came before, or a new one.
 *
 * @module
 */
import type { OpenWidgetInput } from "@axon/contracts/widget";
import { contact } from "@axon/db/schema/conversations";
import { eq } from "drizzle-orm";
import type { VisitorClaims } from "../auth/index.ts";
import { isVouchedFor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { findStandingContact } from "../internal/standing-contact.ts";
import { nameOf } from "./contacts/names.ts";
import { resolveContact } from "./contacts/resolve-contact.ts";

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
  const page = visit.pageUrl === null ? null : withoutQuery(visit.pageUrl);
  if (visit.identity !== null) return { contactId: await identifiedContact(ws, visit.identity, returning, page), identified: true };
  if (returning === null) return { contactId: await newVisitor(ws, page), identified: false };
  if (page !== null) await ws.tx.update(contact).set({ page }).where(eq(contact.id, returning.id));
  return { contactId: returning.id, identified: !returning.anonymous };
}

interface Returning {
  id: string;
  anonymous: boolean;
}

/** Null when the token is of another channel, when its contact is gone, or when nobody vouches for it any more. */
async function findReturning(ws: WorkspaceCtx, { channelId, identityVersion, claims }: Visit): Promise<Returning | null> {
  if (claims === null || claims.workspaceId !== ws.workspaceId || claims.channelId !== channelId) return null;
  const person = await findStandingContact(ws, claims.contactId);
  if (person === null || !isVouchedFor(claims, { identityVersion }, person)) return null;
  return { id: person.id, anonymous: person.verifiedAt === null };
}

/** The business has signed for the id of its user, and for nothing else that the page says of them. */
function identifiedContact(ws: WorkspaceCtx, identity: Identity, returning: Returning | null, page: string | null): Promise<string> {
  const { userId, name = null, email = null } = identity;
  return resolveContact(ws, {
    names: [nameOf("external", userId, true), nameOf("email", email, false)].filter((one) => one !== null),
    about: { name, email, page },
    overwrites: false,
    signed: true,
    anonymousId: returning?.anonymous ? returning.id : null,
  });
}

function newVisitor(ws: WorkspaceCtx, page: string | null): Promise<string> {
  return resolveContact(ws, { names: [], about: { page }, overwrites: false, signed: false, anonymousId: null });
}

/** Addresses carry tokens and search words behind the question mark: what is kept is the place alone. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
