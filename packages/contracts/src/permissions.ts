/**
 * Who may do what in a workspace: one matrix that the routers read and a test walks.
 *
 * @module
 */
export const roles = ["owner", "admin", "member", "viewer"] as const;
export type Role = (typeof roles)[number];

const readers: readonly Role[] = ["owner", "admin", "member", "viewer"];
const workers: readonly Role[] = ["owner", "admin", "member"];
const managers: readonly Role[] = ["owner", "admin"];

/** Each permission and the roles that hold it. */
export const permissions = {
  "workspace.read": readers,
  "apiKeys.manage": managers,
  "agents.read": readers,
  "agents.write": workers,
  "agents.ask": workers,
  "knowledge.read": readers,
  "knowledge.write": workers,
  "conversations.read": readers,
  "conversations.write": workers,
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof permissions;

/** True when `role` holds `permission`. */
export function may(role: Role, permission: Permission): boolean {
  return (permissions[permission] as readonly Role[]).includes(role); // safe: widened to compare, not narrowed
}
