/**
 * What the machine told us: the environment, read once at start and handed down as one typed value.
 *
 * It never looks at `process.env` (main.ts passes it in), connects to nothing, and prints no value: a bad variable is
 * told by its name and by what is wrong with it. Every variable is listed in `.env.example`.
 *
 * @module
 */
import { join, resolve } from "node:path";
import type { z } from "zod";
import { type LimitsEnv, limitsEnv } from "./env-limits.ts";
import { type EnvProblem, type EnvSource, type RunMode, togetherProblems } from "./env-rules.ts";
import { type RawEnv, rawEnv } from "./env-schema.ts";
import { derivedKey, makeSecrets } from "./secrets.ts";

export type { EnvSource, RunMode } from "./env-rules.ts";

/** Where files go: an S3-compatible store when `STORAGE_BUCKET` is set, otherwise a folder with signed upload links. */
export type StorageEnv =
  | {
      kind: "s3";
      bucket: string;
      region: string;
      /** null: Amazon's own address for the region. */
      endpoint: string | null;
      /** null: the machine's own role (the SDK's default chain). */
      credentials: { accessKeyId: string; secretAccessKey: string } | null;
      pathStyle: boolean;
    }
  | { kind: "folder"; path: string; uploadSecret: string };

interface SharedEnv {
  nodeEnv: "development" | "test" | "production";
  /** Absolute path of the data folder. Standalone keeps everything in it; production only files, when there is no S3. */
  home: string;
  logLevel: NonNullable<RawEnv["LOG_LEVEL"]>;
  http: {
    host: string;
    /** 0: any free port. */
    port: number;
    /** Where callers reach this server, without a slash at the end; goes into upload links. */
    baseUrl: string;
    /** Browser origins that may call; none means no browser may. */
    allowedOrigins: string[];
    /** Whose word about a caller's address counts: this many proxies in front of us, or those of these networks. Neither: nobody's. */
    trustProxy: { hops: number; networks: string[] };
  };
  /** How much one caller may have; docs/limits.md lists these with those that are fixed. */
  limits: LimitsEnv;
  /** null: the worker opens no port for health and metrics. */
  workerHealthPort: number | null;
  /** null: Bull Board does not run. Always so in production. */
  bullBoardPort: number | null;
  /** Secrets in the order in which they are tried; the first one signs. */
  auth: { accessSecrets: string[]; refreshSecrets: string[]; accessTtlSeconds: number; refreshTtlSeconds: number; bcryptRounds: number };
  /** The keys that seal secrets at rest: the first seals, all open. */
  encryptionKeys: { id: string; bytes: Uint8Array }[];
  /** null: the built-in local provider answers. */
  openai: {
    apiKey: string;
    /** null: OpenAI's own address. */
    baseUrl: string | null;
    model: string;
    embeddingModel: string;
    /** Numbers a vector to ask for; null: as many as the model gives. */
    embeddingDimensions: number | null;
    /** Answers when the first model cannot; null: nobody does. `baseUrl` null is OpenAI's own. */
    fallback: { apiKey: string; baseUrl: string | null; model: string } | null;
    /** A whole reply, tries and fallback included. */
    timeoutMs: number;
    firstByteMs: number;
    maxTokens: number;
    temperature: number;
    /** Of models by name, in US dollars for a million tokens. */
    prices: Record<string, { prompt: number; completion: number }>;
  } | null;
  storage: StorageEnv;
  /** How far back a live reader can come, in days: what is older goes from the event log. */
  eventsKeptDays: number;
  /** `host:port` of places that sources may be read from although they are not public. */
  crawler: { allowPrivateHosts: string[] };
  twilio: { accountSid: string; authToken: string; phoneNumber: string } | null;
  stripe: { secretKey: string; webhookSecret: string } | null;
  /** Where people open Axon in a browser, without a slash at the end: links in letters begin with it. */
  appUrl: string;
  /** null: letters lie in a folder under `home`. */
  resend: { apiKey: string; from: string } | null;
  sentryDsn: string | null;
}

export interface StandaloneEnv extends SharedEnv {
  mode: "standalone";
  database: { poolMax: number };
}

export interface ProductionEnv extends SharedEnv {
  mode: "production";
  /** `migrationUrl` is for the owner of the tables; without one the same role migrates and serves. */
  database: { url: string; migrationUrl: string; poolMax: number };
  redis: { url: string };
}

export type Env = StandaloneEnv | ProductionEnv;

/** The environment is not one that this program can run in. `problems` names every bad variable, never its value. */
export class BadEnvironment extends Error {
  override readonly name = "BadEnvironment";
  readonly code = "bad_environment";
  readonly problems: readonly EnvProblem[];

  constructor(problems: readonly EnvProblem[]) {
    super(`bad environment:\n${problems.map(({ name, reason }) => `  ${name} ${reason}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads the environment for one of the two ways to run. An empty value counts as not set.
 *
 * In standalone mode missing secrets are made once and kept under `AXON_HOME` (the only thing this writes, and only
 * when everything else is right); in production they are refused. Throws `BadEnvironment` with all problems at once.
 */
export function parseEnv(source: EnvSource, mode: "standalone"): StandaloneEnv;
export function parseEnv(source: EnvSource, mode: "production"): ProductionEnv;
export function parseEnv(source: EnvSource, mode: RunMode): Env;
export function parseEnv(source: EnvSource, mode: RunMode): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== ""));
  const parsed = rawEnv.safeParse(given);
  const problems = [...fieldProblems(parsed.error), ...togetherProblems(given, mode)];
  if (!parsed.success || problems.length > 0) throw new BadEnvironment(oneEach(problems));

  const raw = parsed.data;
  const shared = sharedEnv(raw, mode);
  if (mode === "standalone") return { ...shared, mode, database: { poolMax: raw.DATABASE_POOL_MAX } };
  const url = present(raw.DATABASE_URL);
  return {
    ...shared,
    mode,
    database: { url, migrationUrl: raw.DATABASE_MIGRATION_URL ?? url, poolMax: raw.DATABASE_POOL_MAX },
    redis: { url: present(raw.REDIS_URL) },
  };
}

function sharedEnv(raw: RawEnv, mode: RunMode): SharedEnv {
  const home = resolve(raw.AXON_HOME);
  const secrets = mode === "standalone" ? { ...makeSecrets(home), ...onlyGiven(raw) } : raw;
  const refreshSecrets = [present(secrets.JWT_REFRESH_SECRET), ...(raw.JWT_REFRESH_SECRET_PREVIOUS ?? [])];
  return {
    nodeEnv: raw.NODE_ENV,
    home,
    // A line for each request is for whoever runs many; at a terminal it would bury what is said there.
    logLevel: raw.LOG_LEVEL ?? (mode === "standalone" ? "warn" : "info"),
    http: httpEnv(raw, mode),
    limits: limitsEnv(raw),
    workerHealthPort: raw.WORKER_HEALTH_PORT ?? null,
    bullBoardPort: raw.BULL_BOARD_PORT ?? null,
    auth: {
      accessSecrets: [present(secrets.JWT_SECRET), ...(raw.JWT_SECRET_PREVIOUS ?? [])],
      refreshSecrets,
      accessTtlSeconds: raw.JWT_ACCESS_TTL,
      refreshTtlSeconds: raw.JWT_REFRESH_TTL,
      bcryptRounds: raw.BCRYPT_ROUNDS,
    },
    appUrl: raw.APP_URL ?? raw.FRONTEND_URL?.[0] ?? "http://localhost:3000",
    encryptionKeys: [...(raw.ENCRYPTION_KEYS ?? []), ...refreshSecrets.map(derivedKey)],
    openai: raw.OPENAI_API_KEY ? openaiEnv(raw, raw.OPENAI_API_KEY) : null,
    storage: raw.STORAGE_BUCKET
      ? s3Env(raw, raw.STORAGE_BUCKET)
      : { kind: "folder", path: join(home, "files"), uploadSecret: present(secrets.UPLOAD_SECRET) },
    eventsKeptDays: raw.EVENTS_KEPT_DAYS,
    crawler: { allowPrivateHosts: raw.CRAWLER_ALLOW_PRIVATE_HOSTS },
    ...laterEnv(raw),
  };
}

function httpEnv(raw: RawEnv, mode: RunMode): SharedEnv["http"] {
  const host = raw.HOST ?? (mode === "standalone" ? "127.0.0.1" : "0.0.0.0");
  const reachable = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return {
    host,
    port: raw.PORT,
    baseUrl: raw.API_BASE_URL ?? `http://${reachable}:${raw.PORT}`,
    allowedOrigins: raw.FRONTEND_URL ?? (mode === "standalone" ? ["http://localhost:3000"] : []),
    trustProxy: raw.TRUST_PROXY,
  };
}

function openaiEnv(raw: RawEnv, apiKey: string): SharedEnv["openai"] {
  return {
    apiKey,
    baseUrl: raw.OPENAI_BASE_URL ?? null,
    model: raw.OPENAI_MODEL,
    embeddingModel: raw.OPENAI_EMBEDDING_MODEL,
    embeddingDimensions: raw.OPENAI_EMBEDDING_DIMENSIONS ?? null,
    fallback:
      raw.OPENAI_FALLBACK_MODEL === undefined
        ? null
        : {
            apiKey: raw.OPENAI_FALLBACK_API_KEY ?? apiKey,
            baseUrl: raw.OPENAI_FALLBACK_BASE_URL ?? raw.OPENAI_BASE_URL ?? null,
            model: raw.OPENAI_FALLBACK_MODEL,
          },
    timeoutMs: raw.OPENAI_TIMEOUT_SECONDS * 1000,
    firstByteMs: raw.OPENAI_FIRST_BYTE_SECONDS * 1000,
    maxTokens: raw.OPENAI_MAX_TOKENS,
    temperature: raw.OPENAI_TEMPERATURE,
    prices: raw.OPENAI_PRICES,
  };
}

function s3Env(raw: RawEnv, bucket: string): StorageEnv {
  const { STORAGE_ACCESS_KEY: accessKeyId, STORAGE_SECRET_KEY: secretAccessKey } = raw;
  return {
    kind: "s3",
    bucket,
    region: raw.STORAGE_REGION,
    endpoint: raw.STORAGE_ENDPOINT ?? null,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null,
    // Amazon wants the bucket in the host name; most others (MinIO above all) have no DNS name per bucket.
    pathStyle: raw.STORAGE_PATH_STYLE ?? raw.STORAGE_ENDPOINT !== undefined,
  };
}

function laterEnv(raw: RawEnv): Pick<SharedEnv, "twilio" | "stripe" | "resend" | "sentryDsn"> {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_PHONE_NUMBER: phoneNumber } = raw;
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = raw;
  const { RESEND_API_KEY: apiKey, RESEND_FROM: from } = raw;
  return {
    twilio: accountSid && authToken && phoneNumber ? { accountSid, authToken, phoneNumber } : null,
    stripe: secretKey && webhookSecret ? { secretKey, webhookSecret } : null,
    resend: apiKey && from ? { apiKey, from } : null,
    sentryDsn: raw.SENTRY_DSN ?? null,
  };
}

function fieldProblems(error: z.ZodError | undefined): EnvProblem[] {
  return (error?.issues ?? []).map((issue) => ({ name: issue.path.join("."), reason: issue.message }));
}

function oneEach(problems: readonly EnvProblem[]): EnvProblem[] {
  return [...new Map(problems.toReversed().map((problem) => [problem.name, problem])).values()].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
}

function onlyGiven(raw: RawEnv): Partial<Pick<RawEnv, "JWT_SECRET" | "JWT_REFRESH_SECRET" | "UPLOAD_SECRET">> {
  const { JWT_SECRET, JWT_REFRESH_SECRET, UPLOAD_SECRET } = raw;
  return { ...(JWT_SECRET && { JWT_SECRET }), ...(JWT_REFRESH_SECRET && { JWT_REFRESH_SECRET }), ...(UPLOAD_SECRET && { UPLOAD_SECRET }) };
}

function present(value: string | undefined): string {
  if (value === undefined) throw new Error("the rules of env-rules.ts let a required variable through");
  return value;
}
