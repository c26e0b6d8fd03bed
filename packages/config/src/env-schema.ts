/**
 * What each variable may hold on its own. Reasons are our own sentences, because a library's might quote the value.
 *
 * @module
 */
import { z } from "zod";

/** Shortest secret we take, in characters: 16 random bytes in hex, and no password a person would type. */
export const secretCharsMin = 32;

const text = z.string().trim();
const secret = text.min(secretCharsMin, `must be at least ${secretCharsMin} characters long`);

function whole(min: number, max: number) {
  const reason = `must be a whole number from ${min} to ${max}`;
  return text
    .regex(/^\d{1,12}$/, reason)
    .transform(Number)
    .pipe(z.number().min(min, reason).max(max, reason));
}

function fraction(min: number, max: number) {
  const reason = `must be a number from ${min} to ${max}`;
  return text
    .regex(/^\d{1,6}(\.\d{1,6})?$/, reason)
    .transform(Number)
    .pipe(z.number().min(min, reason).max(max, reason));
}

function address(protocols: readonly string[]) {
  return text.refine(
    (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
    `must be an address that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
  );
}

const web = address(["http:", "https:"]).transform((value) => value.replace(/\/+$/, ""));
const postgres = address(["postgres:", "postgresql:"]);

const origins = text
  .transform((value) =>
    value
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  )
  .refine(
    (parts) => parts.length > 0 && parts.every((part) => URL.canParse(part) && ["http:", "https:"].includes(new URL(part).protocol)),
    "must be one or more http:// or https:// addresses with commas between them",
  )
  .transform((parts) => [...new Set(parts.map((part) => new URL(part).origin))]);

/** Names and shapes, before any rule that joins two of them. Unknown variables are none of our business. */
export const rawEnv = z.object({
  NODE_ENV: z.enum(["development", "test", "production"], "must be development, test or production").default("production"),
  AXON_HOME: text.refine((value) => !value.startsWith("~"), "must not start with ~, which only a shell can read").default(".axon"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], "must be fatal, error, warn, info, debug, trace or silent")
    .default("info"),
  HOST: text.regex(/^[A-Za-z0-9.:_-]+$/, "must be a host name or an IP address").optional(),
  PORT: whole(0, 65_535).default(3001),
  API_BASE_URL: web.optional(),
  FRONTEND_URL: origins.optional(),
  WORKER_HEALTH_PORT: whole(0, 65_535).optional(),
  DATABASE_URL: postgres.optional(),
  DATABASE_MIGRATION_URL: postgres.optional(),
  DATABASE_POOL_MAX: whole(1, 200).default(10),
  REDIS_URL: address(["redis:", "rediss:"]).optional(),
  JWT_SECRET: secret.optional(),
  JWT_REFRESH_SECRET: secret.optional(),
  JWT_ACCESS_TTL: whole(30, 86_400).default(900),
  JWT_REFRESH_TTL: whole(60, 31_536_000).default(2_592_000),
  BCRYPT_ROUNDS: whole(4, 15).default(12),
  UPLOAD_SECRET: secret.optional(),
  OPENAI_API_KEY: text.optional(),
  OPENAI_BASE_URL: web.optional(),
  OPENAI_MODEL: text.default("gpt-4o"),
  OPENAI_EMBEDDING_MODEL: text.default("text-embedding-3-small"),
  OPENAI_MAX_TOKENS: whole(16, 16_384).default(1024),
  OPENAI_TEMPERATURE: fraction(0, 2).default(0.3),
  STORAGE_BUCKET: text.optional(),
  STORAGE_REGION: text.default("us-east-1"),
  STORAGE_ENDPOINT: web.optional(),
  STORAGE_ACCESS_KEY: text.optional(),
  STORAGE_SECRET_KEY: text.optional(),
  STORAGE_PATH_STYLE: z
    .enum(["true", "false"], "must be true or false")
    .transform((value) => value === "true")
    .optional(),
  TWILIO_ACCOUNT_SID: text.optional(),
  TWILIO_AUTH_TOKEN: text.optional(),
  TWILIO_PHONE_NUMBER: text.optional(),
  STRIPE_SECRET_KEY: text.optional(),
  STRIPE_WEBHOOK_SECRET: text.optional(),
  RESEND_API_KEY: text.optional(),
  RESEND_FROM: text.optional(),
  SENTRY_DSN: web.optional(),
});
export type RawEnv = z.infer<typeof rawEnv>;
