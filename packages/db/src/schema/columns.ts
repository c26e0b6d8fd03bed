/**
 * Column types and fences that every table shares.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import { customType, pgPolicy, pgRole, uuid } from "drizzle-orm/pg-core";

/** Verbs run as this role: it owns nothing, cannot bypass row-level security, and sees one workspace at a time. */
export const appRole = pgRole("axon_app").existing();
/** `core/auth` runs as this role: accounts, sessions, and the caller's own memberships. */
export const authRole = pgRole("axon_auth").existing();
/** The relay and the sweepers run as this role: where work waits, never what it says. */
export const engineRole = pgRole("axon_engine").existing();

/** A moment, kept as text on its way through: parsing dates was a quarter of a list's CPU, and the wire wants ISO anyway. */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => "timestamp(3) with time zone",
  fromDriver: toIso,
});

/** `2026-11-22 17:00:00.1+00` (what PostgreSQL writes in UTC) to `2026-11-22T17:00:00.100Z`. */
export function toIso(text: string): string {
  const fraction = text.length > 22 ? text.slice(20, -3) : "";
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, "0")}Z`;
}

export const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });

/** The workspace that this row belongs to; first in every key. */
export const workspaceId = () => uuid().notNull();

const inThisWorkspace = sql`workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid`;

/** The fence of a tenant table: without a workspace set, no row is visible and none can be written. */
export function tenantPolicy(table: string) {
  return pgPolicy(`${table}_tenant`, { for: "all", to: appRole, using: inThisWorkspace, withCheck: inThisWorkspace });
}
