/**
 * Sign-up, sessions, and what a session looks like on the wire.
 *
 * @module
 */
import { z } from "zod";
import { roles } from "./permissions.ts";

/** bcrypt reads 72 bytes and ignores the rest, so a longer password is refused rather than cut. */
export const passwordBytesMax = 72;

export const email = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email())
  .transform((value) => value.toLowerCase());

export const newPassword = z
  .string()
  .min(12)
  .max(128)
  .refine((value) => new TextEncoder().encode(value).length <= passwordBytesMax, `must be at most ${passwordBytesMax} bytes`);

export const signUpInput = z.object({
  email,
  password: newPassword,
  name: z.string().trim().min(1).max(100),
  workspaceName: z.string().trim().min(1).max(80).optional(),
});
export const signInInput = z.object({ email, password: z.string().min(1).max(1000) });
export const refreshInput = z.object({ refreshToken: z.string().min(1).max(200) });

export const user = z.object({ id: z.uuid(), email: z.string(), name: z.string(), createdAt: z.string() });

export const membership = z.object({
  workspace: z.object({ id: z.uuid(), name: z.string(), slug: z.string() }),
  role: z.enum(roles),
});
export type Membership = z.infer<typeof membership>;

export const session = z.object({
  accessToken: z.string(),
  accessExpiresAt: z.string(),
  refreshToken: z.string(),
  refreshExpiresAt: z.string(),
  user,
  memberships: z.array(membership),
});
export type Session = z.infer<typeof session>;
