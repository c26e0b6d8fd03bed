/**
 * Workspaces, who is in them and comes into them, the API keys that act in them, and the log of who did what.
 *
 * @module
 */
import { z } from "zod";
import { email } from "./auth.ts";
import { idempotencyKey, pageInput } from "./common.ts";
import { permissionNames, roles } from "./permissions.ts";

/** Who can have done something: a person, a key, a customer at a widget, or Axon itself. */
export const actorKinds = ["user", "apiKey", "visitor", "system"] as const;
export type ActorKind = (typeof actorKinds)[number];

export const createWorkspaceInput = z.object({ name: z.string().trim().min(1).max(80), idempotencyKey });

/** How long what comes in is kept, in days; null keeps it. */
const retainedDays = z.int().min(1).max(3650).nullable();
/** Conversations go when they were quiet for so long, documents when they are so old. */
export const retention = z.object({ conversationsDays: retainedDays, documentsDays: retainedDays });
export const workspace = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  role: z.enum(roles),
  createdAt: z.string(),
  retention,
  /** While it is set nothing is removed by age, and the workspace cannot be deleted. */
  legalHold: z.boolean(),
});
export type Workspace = z.infer<typeof workspace>;

/** What is left out stays as it is. */
export const updateWorkspaceInput = z.object({
  name: z.string().trim().min(1).max(80).optional(),
  retention: retention.partial().optional(),
  legalHold: z.boolean().optional(),
});

export const deleteWorkspaceInput = z.object({
  /** The workspace's name, typed. */
  confirm: z.string().max(200),
  /** Days within which it can be restored. */
  graceDays: z.int().min(0).max(30).default(0),
});
export const restoreWorkspaceInput = z.object({ workspaceId: z.uuid() });
export const listPurgesInput = pageInput;
/** What became of a deleted workspace: what was found and removed, and then what was counted to be left, which must be nothing. */
export const purgeReport = z.object({
  removed: z.object({ rows: z.record(z.string(), z.int()), vectors: z.int(), files: z.int() }),
  /** Null until everything has been removed and counted again. `keys`: API keys and sealed secrets. */
  left: z.object({ rows: z.int(), vectors: z.int(), files: z.int(), keys: z.int() }).nullable(),
});
export type PurgeReport = z.infer<typeof purgeReport>;
export const purge = z.object({
  workspaceId: z.uuid(),
  workspaceName: z.string(),
  orderedAt: z.string(),
  /** Until then it can be restored. */
  dueAt: z.string(),
  doneAt: z.string().nullable(),
  /** Null until the removal has begun. */
  report: purgeReport.nullable(),
});
export type Purge = z.infer<typeof purge>;

export const createApiKeyInput = z.object({
  name: z.string().trim().min(1).max(80),
  role: z.enum(["admin", "member", "viewer"]).default("member"),
  /** Permissions that the key is limited to, of those that its role has; left out: all that a key of the role holds. */
  scopes: z.array(z.enum(permissionNames)).min(1).max(permissionNames.length).optional(),
  expiresAt: z.iso.datetime().max(40).optional(),
  idempotencyKey,
});
export const listApiKeysInput = pageInput;
export const apiKey = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string(),
  role: z.enum(roles),
  /** Null: all that a key of its role holds. */
  scopes: z.array(z.enum(permissionNames)).nullable(),
  /** The account that made it; null when another key did. */
  createdBy: z.uuid().nullable(),
  createdAt: z.string(),
  lastUsedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;
/** What making a key gives. The secret is null when the same idempotency key is sent again: it is told once. */
export const madeApiKey = apiKey.extend({ secret: z.string().nullable() });
export type MadeApiKey = z.infer<typeof madeApiKey>;
export const apiKeyRef = z.object({ apiKeyId: z.uuid() });

/** A member's id is the account's. */
export const memberRef = z.object({ memberId: z.uuid() });
export const updateMemberRoleInput = memberRef.extend({ role: z.enum(roles) });
export const listMembersInput = pageInput;
export const member = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string().nullable(),
  role: z.enum(roles),
  joinedAt: z.string(),
});
export type Member = z.infer<typeof member>;

/** Days that an invitation stays open. */
export const invitationDays = 7;
/** Letters with an invitation that a workspace sends within a day. */
export const invitationsPerDayMax = 50;
export const createInvitationInput = z.object({ email, role: z.enum(roles).default("member"), idempotencyKey });
export const invitationRef = z.object({ invitationId: z.uuid() });
export const listInvitationsInput = pageInput;
export const acceptInvitationInput = z.object({ token: z.string().min(1).max(200) });
export const invitation = z.object({
  id: z.uuid(),
  email: z.string(),
  role: z.enum(roles),
  /** The name of whoever invited last. */
  invitedBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
});
export type Invitation = z.infer<typeof invitation>;

const moment = z.iso
  .datetime()
  .max(40)
  .refine((at) => at >= "1970", "must not lie before 1970");
export const listAuditInput = pageInput.extend({
  /** What an action begins with: `member`, `api_key.created`. */
  action: z
    .string()
    .max(81)
    .regex(/^[a-z_]{1,40}(\.[a-z_]{0,40})?$/, "must be the beginning of an action, such as member or member.removed")
    .optional(),
  actorId: z.uuid().optional(),
  targetId: z.string().min(1).max(200).optional(),
  /** From this moment on. */
  from: moment.optional(),
  /** Before this moment. */
  to: moment.optional(),
});
const changed = z.record(z.string(), z.unknown()).nullable();
export const auditEntry = z.object({
  id: z.uuid(),
  at: z.string(),
  actor: z.object({ kind: z.enum(actorKinds), id: z.uuid().nullable(), name: z.string() }),
  action: z.string(),
  target: z.object({ kind: z.string(), id: z.string() }).nullable(),
  before: changed,
  after: changed,
  ip: z.string().nullable(),
  requestId: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** A secret's name: `stripe`, `whatsapp.token`, `channel.<id>.identity`. */
export const secretName = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9_.-]{0,62}$/, "must begin with a-z and go on with at most 62 of a-z, 0-9, _, . and -");
/** A name that callers may use. Identity secrets are the channels': whoever set one could sign as any visitor. */
const ownSecretName = secretName.refine((name) => !name.startsWith("channel."), "must not begin with channel.");
export const secretBytesMax = 8 * 1024;
export const secretsMax = 100;
export const setSecretInput = z.object({
  name: ownSecretName,
  value: z
    .string()
    .min(1)
    .max(secretBytesMax)
    .refine((value) => new TextEncoder().encode(value).length <= secretBytesMax, `must be at most ${secretBytesMax} bytes`),
});
export const removeSecretInput = z.object({ name: ownSecretName });
/** What is told of a secret: that it is there. Its value is never given out. */
export const secret = z.object({ name: z.string(), keyId: z.string(), createdAt: z.string(), updatedAt: z.string() });
export type Secret = z.infer<typeof secret>;
