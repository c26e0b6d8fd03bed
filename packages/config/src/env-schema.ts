/**
 * What each variable may hold on its own. Reasons are our own sentences, because a library's might quote the value.
 *
 * @module
 */
import { isIP } from "node:net";
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

const list = (value: string) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const origins = text
  .transform(list)
  .refine(
    (parts) => parts.length > 0 && parts.every((part) => URL.canParse(part) && ["http:", "https:"].includes(new URL(part).protocol)),
    "must be one or more http:// or https:// addresses with commas between them",
  )
  .transform((parts) => [...new Set(parts.map((part) => new URL(part).origin))]);

/** Exactly as they stand in an address: `wiki.example.lan:8080`. */
const hosts = text
  .transform(list)
  .refine(
    (parts) => parts.every((part) => /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\]):\d{1,5}$/.test(part)),
    "must be hosts with their ports, such as wiki.lan:8080, in lower case, with commas between them",
  );

const secrets = text
  .transform(list)
  .refine(
    (parts) => parts.length > 0 && parts.every((part) => part.length >= secretCharsMin),
    `must be one or more secrets of at least ${secretCharsMin} characters with commas between them`,
  );

/** `id:64 hex digits`, the key that seals first. */
const encryptionKeys = text
  .transform(list)
  .refine(
    (parts) =>
      parts.length > 0 &&
      parts.every((part) => /^[A-Za-z0-9_-]{1,32}:[0-9a-fA-F]{64}$/.test(part)) &&
      new Set(parts.map((part) => part.split(":")[0])).size === parts.length,
    "must be one or more keys `name:64 hex digits` with commas between them, no name twice",
  )
  .transform((parts) => parts.map((part) => ({ id: part.split(":")[0] ?? "", bytes: Buffer.from(part.split(":")[1] ?? "", "hex") })));

const perMillion = String.raw`\d{1,6}(?:\.\d{1,6})?`;
const priceOfModel = new RegExp(`^([^=,\\s]{1,200})=(${perMillion})/(${perMillion})$`);

/** `model=prompt/completion`, in US dollars for a million tokens. */
const prices = text
  .transform(list)
  .refine(
    (parts) => parts.every((part) => priceOfModel.test(part)),
    "must be prices `model=prompt/completion` in US dollars for a million tokens, such as my-model=0.2/0.8, with commas between them",
  )
  .transform((parts) =>
    Object.fromEntries(
      parts.map((part) => {
        const [, model = "", prompt, completion] = priceOfModel.exec(part) ?? [];
        return [model, { prompt: Number(prompt), completion: Number(completion) }];
      }),
    ),
  );

/** `10.0.0.0/8` or `10.0.0.1`. */
function isNetwork(part: string): boolean {
  const [base = "", bits, ...more] = part.split("/");
  const family = isIP(base);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** How many proxies stand in front of us, or which. */
const proxies = text
  .refine(
    (value) => /^\d{1,2}$/.test(value) || list(value).every(isNetwork),
    "must be the number of proxies in front of the server, or their addresses or networks (10.0.0.0/8) with commas between them",
  )
  .transform((value) => (/^\d{1,2}$/.test(value) ? { hops: Number(value), networks: [] } : { hops: 0, networks: list(value) }));

/** Names and shapes, before any rule that joins two of them. Unknown variables are none of our business. */
export const rawEnv = z.object({
  NODE_ENV: z.enum(["development", "test", "production"], "must be development, test or production").default("production"),
  AXON_HOME: text.refine((value) => !value.startsWith("~"), "must not start with ~, which only a shell can read").default(".axon"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], "must be fatal, error, warn, info, debug, trace or silent")
    .optional(),
  HOST: text.regex(/^[A-Za-z0-9.:_-]+$/, "must be a host name or an IP address").optional(),
  PORT: whole(0, 65_535).default(3001),
  API_BASE_URL: web.optional(),
  FRONTEND_URL: origins.optional(),
  APP_URL: web.optional(),
  TRUST_PROXY: proxies.default({ hops: 0, networks: [] }),
  WORKER_HEALTH_PORT: whole(0, 65_535).optional(),
  BULL_BOARD_PORT: whole(0, 65_535).optional(),
  ADDRESS_REQUESTS_PER_MINUTE: whole(60, 10_000_000).default(60_000),
  ADDRESS_CONNECTIONS: whole(10, 1_000_000).default(2_000),
  ADDRESS_SOCKETS: whole(1, 1_000_000).default(1_000),
  CALLER_SOCKETS: whole(1, 1_000_000).default(300),
  WORKSPACE_CALLS_PER_MINUTE: whole(1, 10_000_000).default(30_000),
  WORKSPACE_CONCURRENT_CALLS: whole(1, 100_000).default(100),
  WORKSPACE_CONCURRENT_MODEL_CALLS: whole(1, 100_000).default(50),
  WORKSPACE_STREAMS: whole(1, 1_000_000).default(1_000),
  DATABASE_URL: postgres.optional(),
  DATABASE_MIGRATION_URL: postgres.optional(),
  DATABASE_POOL_MAX: whole(1, 200).default(10),
  REDIS_URL: address(["redis:", "rediss:"]).optional(),
  JWT_SECRET: secret.optional(),
  JWT_REFRESH_SECRET: secret.optional(),
  JWT_SECRET_PREVIOUS: secrets.optional(),
  JWT_REFRESH_SECRET_PREVIOUS: secrets.optional(),
  ENCRYPTION_KEYS: encryptionKeys.optional(),
  JWT_ACCESS_TTL: whole(30, 86_400).default(900),
  JWT_REFRESH_TTL: whole(60, 31_536_000).default(2_592_000),
  BCRYPT_ROUNDS: whole(4, 15).default(12),
  UPLOAD_SECRET: secret.optional(),
  OPENAI_API_KEY: text.optional(),
  OPENAI_BASE_URL: web.optional(),
  OPENAI_MODEL: text.default("gpt-4o"),
  OPENAI_EMBEDDING_MODEL: text.default("text-embedding-3-small"),
  OPENAI_EMBEDDING_DIMENSIONS: whole(32, 1536).optional(),
  OPENAI_FALLBACK_MODEL: text.optional(),
  OPENAI_FALLBACK_BASE_URL: web.optional(),
  OPENAI_FALLBACK_API_KEY: text.optional(),
  OPENAI_TIMEOUT_SECONDS: whole(5, 90).default(60),
  OPENAI_FIRST_BYTE_SECONDS: whole(1, 90).default(20),
  OPENAI_MAX_TOKENS: whole(16, 16_384).default(1024),
  OPENAI_TEMPERATURE: fraction(0, 2).default(0.3),
  OPENAI_PRICES: prices.default({}),
  STORAGE_BUCKET: text.optional(),
  STORAGE_REGION: text.default("us-east-1"),
  STORAGE_ENDPOINT: web.optional(),
  STORAGE_ACCESS_KEY: text.optional(),
  STORAGE_SECRET_KEY: text.optional(),
  STORAGE_PATH_STYLE: z
    .enum(["true", "false"], "must be true or false")
    .transform((value) => value === "true")
    .optional(),
  EVENTS_KEPT_DAYS: whole(1, 3_650).default(30),
  CRAWLER_ALLOW_PRIVATE_HOSTS: hosts.default([]),
  TWILIO_ACCOUNT_SID: text.optional(),
  TWILIO_AUTH_TOKEN: text.optional(),
  TWILIO_PHONE_NUMBER: text.optional(),
  STRIPE_SECRET_KEY: text.optional(),
  STRIPE_WEBHOOK_SECRET: text.optional(),
  RESEND_API_KEY: text.optional(),
  RESEND_FROM: text.optional(),
  SENTRY_DSN: web
    .refine((value) => new URL(value).username !== "" && /\/\d+$/.test(value), "must be as Sentry shows it: https://key@host/number")
    .optional(),
});
export type RawEnv = z.infer<typeof rawEnv>;
