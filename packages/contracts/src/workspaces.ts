/**
 * Workspaces and the API keys that act in them.
 *
 * @module
 */
import { z } from "zod";
import { idempotencyKey, pageInput } from "./common.ts";
import { roles } from "./permissions.ts";

export const createWorkspaceInput = z.object({ name: z.string().trim().min(1).max(80), idempotencyKey });
export const workspace = z.object({ id: z.uuid(), name: z.string(), slug: z.string(), role: z.enum(roles), createdAt: z.string() });
export type Workspace = z.infer<typeof workspace>;

export const createApiKeyInput = z.object({
  name: z.string().trim().min(1).max(80),
  role: z.enum(["admin", "member", "viewer"]).default("member"),
  expiresAt: z.iso.datetime().optional(),
});
export const listApiKeysInput = pageInput;
export const apiKey = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string(),
  role: z.enum(roles),
  createdAt: z.string(),
  lastUsedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;
