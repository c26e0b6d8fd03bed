/**
 * Who may do what in a workspace: one matrix that the routers read and a test walks.
 *
 * @module
 */
export const roles = ["owner", "admin", "member", "viewer"] as const;
export type Role = (typeof roles)[number];

const owners: readonly Role[] = ["owner"];
const readers: readonly Role[] = ["owner", "admin", "member", "viewer"];
const workers: readonly Role[] = ["owner", "admin", "member"];
const managers: readonly Role[] = ["owner", "admin"];

/** Each permission and the roles that hold it. */
export const permissions = {
  "workspace.read": readers,
  "workspace.update": managers,
  "workspace.delete": owners,
  "members.read": readers,
  "members.manage": managers,
  "invitations.manage": managers,
  "apiKeys.manage": managers,
  "audit.read": managers,
  "secrets.manage": managers,
  "jobs.manage": managers,
  "channels.read": readers,
  "channels.manage": managers,
  "agents.read": readers,
  "agents.write": workers,
  "agents.ask": workers,
  "agents.forcePublish": managers,
  "knowledge.read": readers,
  "knowledge.write": workers,
  "conversations.read": readers,
  "conversations.write": workers,
  "contacts.erase": managers,
  "conversations.import": managers,
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof permissions;
// safe: the keys of a literal, of which there is at least one
export const permissionNames = Object.keys(permissions) as [Permission, ...Permission[]];

/** True when `role` holds `permission`. */
export function may(role: Role, permission: Permission): boolean {
  return (permissions[permission] as readonly Role[]).includes(role); // safe: widened to compare, not narrowed
}

/**
 * What lets others in. A key holds these only when its scopes name them, so that a key that leaked can't make itself another,
 * nor a member of its thief.
 */
const onlyWhenNamed: readonly Permission[] = ["members.manage", "invitations.manage", "apiKeys.manage"];

/** Where somebody stands in a workspace. `scopes` narrow a key's role and never widen it; null is all that its kind holds unnamed. */
export interface RoleAndScopes {
  role: Role;
  scopes: readonly Permission[] | null;
}

/** True when a person, or a key, that stands there holds `permission`. */
export function holds(kind: "user" | "apiKey", { role, scopes }: RoleAndScopes, permission: Permission): boolean {
  if (!may(role, permission)) return false;
  return scopes === null ? kind === "user" || !onlyWhenNamed.includes(permission) : scopes.includes(permission);
}

/** True when `one` stands above `other`. */
export function outranks(one: Role, other: Role): boolean {
  return roles.indexOf(one) < roles.indexOf(other);
}
