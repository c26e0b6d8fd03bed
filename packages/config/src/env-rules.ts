/**
 * What the variables must be together: what production cannot do without, and what only makes sense in company.
 *
 * It reads the raw text, not the parsed values, so that these are told along with whatever else is wrong.
 *
 * @module
 */
export type RunMode = "standalone" | "production";
export type EnvSource = Record<string, string | undefined>;
export interface EnvProblem {
  name: string;
  reason: string;
}

const neededInProduction = ["DATABASE_URL", "REDIS_URL", "JWT_SECRET", "JWT_REFRESH_SECRET"];
const allOrNone = [
  ["STORAGE_ACCESS_KEY", "STORAGE_SECRET_KEY"],
  ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER"],
  ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"],
  ["RESEND_API_KEY", "RESEND_FROM"],
];
const bcryptRoundsMinInProduction = 10;

/** Takes the variables that are set (no empty ones) and gives what is wrong between them; empty when nothing is. */
export function togetherProblems(given: EnvSource, mode: RunMode): EnvProblem[] {
  const missing = (name: string) => given[name] === undefined;
  const problems: EnvProblem[] = [];
  const tell = (name: string, reason: string) => problems.push({ name, reason });

  for (const group of allOrNone) {
    const absent = group.filter(missing);
    if (absent.length === group.length) continue;
    for (const name of absent) tell(name, `is missing: ${group.join(", ")} go together`);
  }
  const storage = ["STORAGE_ENDPOINT", "STORAGE_ACCESS_KEY", "STORAGE_SECRET_KEY"];
  if (missing("STORAGE_BUCKET") && !storage.every(missing)) tell("STORAGE_BUCKET", "is missing, but other STORAGE_ variables are set");
  if (missing("OPENAI_API_KEY") && !missing("OPENAI_BASE_URL")) {
    tell("OPENAI_API_KEY", "is missing, but OPENAI_BASE_URL is set (any text will do if that server asks for no key)");
  }
  for (const name of ["OPENAI_FALLBACK_BASE_URL", "OPENAI_FALLBACK_API_KEY"]) {
    if (!missing(name) && missing("OPENAI_FALLBACK_MODEL")) tell("OPENAI_FALLBACK_MODEL", `is missing, but ${name} is set`);
  }
  if (!missing("OPENAI_FALLBACK_MODEL") && missing("OPENAI_API_KEY"))
    tell("OPENAI_API_KEY", "is missing, but OPENAI_FALLBACK_MODEL is set");
  // A key is for the server it was made for, and is never shown to another.
  if (!missing("OPENAI_FALLBACK_BASE_URL") && missing("OPENAI_FALLBACK_API_KEY"))
    tell("OPENAI_FALLBACK_API_KEY", "is missing, but OPENAI_FALLBACK_BASE_URL is set (any text will do if that server asks for no key)");
  if (!missing("JWT_SECRET") && given.JWT_SECRET === given.JWT_REFRESH_SECRET) tell("JWT_REFRESH_SECRET", "must differ from JWT_SECRET");
  for (const name of ["JWT_SECRET", "JWT_REFRESH_SECRET"]) {
    if (missing(name) && !missing(`${name}_PREVIOUS`)) tell(name, `is missing, but ${name}_PREVIOUS is set`);
  }
  if (mode === "production") {
    if (!missing("BULL_BOARD_PORT")) tell("BULL_BOARD_PORT", "is for development: it opens a door that asks nobody who they are");
    for (const name of neededInProduction.filter(missing)) tell(name, "is missing");
    if (missing("STORAGE_BUCKET") && missing("UPLOAD_SECRET"))
      tell("UPLOAD_SECRET", "is missing (needed to sign upload links while STORAGE_BUCKET is not set)");
    if (Number(given.BCRYPT_ROUNDS ?? bcryptRoundsMinInProduction) < bcryptRoundsMinInProduction) {
      tell("BCRYPT_ROUNDS", `must be at least ${bcryptRoundsMinInProduction} in production`);
    }
  }
  return problems;
}
