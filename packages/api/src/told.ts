/**
 * How a no, or a failure of ours, is put to the caller: with which code, and in which words.
 *
 * @module
 */
import type { RefusalReason } from "@axon/contracts/refusals";
import { Refusal } from "@axon/core/errors";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import type { CallOutcome } from "./context.ts";

/** Every reason has its code: one without does not compile. What is not yours is not found, never forbidden. */
const codes = {
  validation: "BAD_REQUEST",
  unauthorized: "UNAUTHORIZED",
  invalid_credentials: "UNAUTHORIZED",
  totp_required: "UNAUTHORIZED",
  totp_invalid: "UNAUTHORIZED",
  link_invalid: "BAD_REQUEST",
  token_expired: "UNAUTHORIZED",
  refresh_invalid: "UNAUTHORIZED",
  refresh_reused: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  not_a_member: "NOT_FOUND",
  workspace_required: "BAD_REQUEST",
  not_found: "NOT_FOUND",
  conflict: "CONFLICT",
  email_taken: "CONFLICT",
  name_taken: "CONFLICT",
  invitation_invalid: "NOT_FOUND",
  invitation_mismatch: "FORBIDDEN",
  last_owner: "CONFLICT",
  invalid_state: "CONFLICT",
  upload_missing: "PRECONDITION_FAILED",
  upload_mismatch: "PRECONDITION_FAILED",
  unsupported_type: "BAD_REQUEST",
  too_large: "PAYLOAD_TOO_LARGE",
  plan_limit: "FORBIDDEN",
  rate_limited: "TOO_MANY_REQUESTS",
  origin_not_allowed: "FORBIDDEN",
  identity_required: "FORBIDDEN",
  identity_invalid: "FORBIDDEN",
  too_slow: "TIMEOUT",
  busy: "SERVICE_UNAVAILABLE",
  evaluation_required: "PRECONDITION_FAILED",
  pass_rate_fell: "PRECONDITION_FAILED",
} as const satisfies Record<RefusalReason, TRPCError["code"]>;

export interface Told {
  message: string;
  reason: RefusalReason | "internal";
  fields: Record<string, string> | null;
  details: Record<string, unknown> | null;
}

/** What the caller is told. Our own failures are one sentence: what went wrong inside is for the log. */
export function explain(error: TRPCError): Told {
  const { cause } = error;
  if (cause instanceof Refusal) {
    const { fields, ...details } = cause.details;
    return {
      message: cause.message,
      reason: cause.reason,
      fields: isFields(fields) ? fields : null,
      details: Object.keys(details).length > 0 ? details : null,
    };
  }
  if (cause instanceof ZodError) {
    const fields = Object.fromEntries(cause.issues.map((issue) => [issue.path.join(".") || "(input)", issue.message]));
    const message = Object.entries(fields)
      .map(([path, problem]) => `${path}: ${problem}`)
      .join("; ");
    return { message, reason: "validation", fields, details: null };
  }
  if (error.code === "INTERNAL_SERVER_ERROR")
    return { message: "Something went wrong on our side", reason: "internal", fields: null, details: null };
  return { message: error.message, reason: error.code === "NOT_FOUND" ? "not_found" : "validation", fields: null, details: null };
}

function isFields(value: unknown): value is Record<string, string> {
  return value !== null && typeof value === "object" && Object.values(value).every((problem) => typeof problem === "string");
}

/** Null for what is no refusal. */
export function withCode(error: unknown): TRPCError | null {
  const refusal = error instanceof Refusal ? error : refusalOfText(error);
  return refusal === null ? null : new TRPCError({ code: codes[refusal.reason], message: refusal.message, cause: refusal });
}

/** PostgreSQL cannot keep U+0000, in texts (22021) nor in JSON (22P05): one rule for every text that a caller can send. */
function refusalOfText(error: unknown): Refusal | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && (cause.code === "22021" || cause.code === "22P05"))
      return new Refusal("validation", "A text holds the character U+0000");
  }
  return null;
}

/** As the door hears of it. */
export function outcomeOf(error: TRPCError): CallOutcome {
  return { code: error.code, reason: explain(error).reason };
}
