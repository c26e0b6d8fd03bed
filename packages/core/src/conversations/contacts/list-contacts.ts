/**
 * The contacts of a workspace, and finding one.
 *
 * @module
 */

import type { Page } from "@axon/contracts/common";
import type { Contact, ListContactsInput } from "@axon/contracts/contacts";
import { contactIdentity } from "@axon/db/schema/contacts";
import { contact } from "@axon/db/schema/conversations";
import { and, desc, eq, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, isIdKey, toPage } from "../../internal/paging.ts";
import { toContact } from "./view.ts";

/** The latest to come first. Those that were merged or erased are not among them. */
export async function listContacts(ws: WorkspaceCtx, input: ListContactsInput): Promise<Page<Contact>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await contactPage(ws, input.query, after, input.limit + 1);
  return toPage(rows, input.limit, toContact, (row) => [row.id]);
}

/** The statement of a page: the latest `limit` of those before `after`. */
export function contactPage(ws: WorkspaceCtx, query: string | undefined, after: readonly [string] | null, limit: number) {
  return ws.tx
    .select()
    .from(contact)
    .where(
      and(
        eq(contact.workspaceId, ws.workspaceId),
        isNull(contact.mergedInto),
        isNull(contact.erasedAt),
        query === undefined ? undefined : matches(ws, query),
        after ? lt(contact.id, after[0]) : undefined,
      ),
    )
    .orderBy(desc(contact.id))
    .limit(limit);
}

/** Each of its parts has an index of its own. */
function matches(ws: WorkspaceCtx, query: string): SQL {
  const prefix = query.toLowerCase();
  const phone = query.replaceAll(/[\s().\-/]/g, "");
  const parts = [
    sql`${beginsWith(contact.nameKey, prefix)}`,
    sql`${beginsWith(contact.emailKey, prefix)}`,
    ...(phone === "" ? [] : [sql`${beginsWith(contact.phone, phone)}`]),
  ].map((part) => sql`select ${contact.id} from ${contact} where ${contact.workspaceId} = ${ws.workspaceId} and ${part}`);
  const named = sql`select ${contactIdentity.contactId} from ${contactIdentity}
    where ${contactIdentity.workspaceId} = ${ws.workspaceId}
    and (${contactIdentity.kind} = 'external' and ${contactIdentity.value} = ${query} or ${contactIdentity.kind} <> 'external' and ${contactIdentity.value} = ${prefix})`;
  return sql`${contact.id} in (${sql.join([...parts, named], sql` union all `)})`;
}

/**
 * By comparing, not by LIKE, nor by a function: under row-level security an index is used only for what can tell nothing of rows
 * that the fence hides, and those two might.
 */
function beginsWith(column: AnyPgColumn, prefix: string): SQL {
  const end = behind(prefix);
  return end === null ? sql`${column} ~>=~ ${prefix}` : sql`${column} ~>=~ ${prefix} and ${column} ~<~ ${end}`;
}

/** The first text, by its code points, that sorts behind all that begin with `prefix`; null when there is none. */
function behind(prefix: string): string | null {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    // Behind U+D7FF come the surrogates, which are no characters.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return points.join("") + String.fromCodePoint(next);
  }
  return null;
}
