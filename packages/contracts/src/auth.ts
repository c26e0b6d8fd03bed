/**
 * Sign-up, sessions, and what a session looks like on the wire.
 *
 * @module
 */
import { z } from "zod";
import { pageInput } from "./common.ts";
import { roles } from "./permissions.ts";

/** Why a session ended. */
export const sessionEndings = ["signed_out", "reused", "revoked", "password_changed", "password_reset"] as const;
export type SessionEnding = (typeof sessionEndings)[number];

/** Letters that go to people with an account. */
export const mailKinds = ["verify_email", "reset_password", "password_changed"] as const;
export type MailKind = (typeof mailKinds)[number];

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

const personName = z.string().trim().min(1).max(100);
/** A password as somebody types it to prove who they are: what may be set is `newPassword`. */
const typedPassword = z.string().min(1).max(1000);
/** The secret part of a link that came by mail. */
export const linkToken = z.string().min(1).max(200);
/** Six digits of an authenticator app, however they were spaced. */
const totpCode = z
  .string()
  .max(20)
  .transform((value) => value.replaceAll(/[\s-]/g, ""))
  .refine((value) => /^[0-9]{6}$/.test(value), "must be six digits");
/** One of the codes that were shown when the authenticator was set up, with or without its dashes. */
const recoveryCode = z
  .string()
  .max(60)
  .transform((value) => value.toLowerCase().replaceAll(/[^a-z0-9]/g, ""))
  .refine((value) => value.length > 0, "must hold letters or digits");

export const signUpInput = z.object({
  email,
  password: newPassword,
  name: personName,
  workspaceName: z.string().trim().min(1).max(80).optional(),
  /** Joins the workspace that sent it, instead of founding one. */
  invitationToken: linkToken.optional(),
});
export const signInInput = z.object({
  email,
  password: typedPassword,
  totpCode: totpCode.optional(),
  recoveryCode: recoveryCode.optional(),
});
export const refreshInput = z.object({ refreshToken: z.string().min(1).max(200) });
export const updateProfileInput = z.object({ name: personName });
export const changePasswordInput = z.object({ currentPassword: typedPassword, newPassword });
export const requestPasswordResetInput = z.object({ email });
export const resetPasswordInput = z.object({ token: linkToken, newPassword });
export const verifyEmailInput = z.object({ token: linkToken });

export const listSessionsInput = pageInput;
export const revokeSessionInput = z.object({ sessionId: z.uuid() });
export const deviceSession = z.object({
  id: z.uuid(),
  /** "Firefox on Windows"; "Unknown device" when it doesn't say. */
  device: z.string(),
  ip: z.string().nullable(),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
  /** The session of the one who asks. */
  current: z.boolean(),
});
export type DeviceSession = z.infer<typeof deviceSession>;

export const beginTotpInput = z.object({ password: typedPassword });
export const totpSetup = z.object({
  /** For typing it in: base32. */
  secret: z.string(),
  /** For a QR code: `otpauth://totp/…`. */
  uri: z.string(),
});
export type TotpSetup = z.infer<typeof totpSetup>;
export const confirmTotpInput = z.object({ code: totpCode });
/** Who has lost the app disables it with a recovery code. */
export const disableTotpInput = z.union([
  z.object({ password: typedPassword, code: totpCode }),
  z.object({ password: typedPassword, recoveryCode }),
]);
export const regenerateRecoveryCodesInput = z.object({ password: typedPassword, code: totpCode });
/** Shown once. */
export const recoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof recoveryCodes>;

export const user = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  createdAt: z.string(),
  emailVerified: z.boolean(),
  totpEnabled: z.boolean(),
});

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
