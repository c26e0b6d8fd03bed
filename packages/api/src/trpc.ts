/**
 * The frame around every procedure: who may call it, and how a no reaches the caller.
 *
 * @module
 */
import type { Permission } from "@axon/contracts/permissions";
import { may } from "@axon/contracts/permissions";
import type { RefusalReason } from "@axon/contracts/refusals";
import type { WorkspaceCtx } from "@axon/core/context";
import { Refusal } from "@axon/core/errors";
import { initTRPC, TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import type { ApiCtx } from "./context.ts";

/** Every reason has its code: one without does not compile. What is not yours is not found, never forbidden. */
const codes = {
  validation: "BAD_REQUEST",
  unauthorized: "UNAUTHORIZED",
  invalid_credentials: "UNAUTHORIZED",
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
  invalid_state: "CONFLICT",
  upload_missing: "PRECONDITION_FAILED",
  upload_mismatch: "PRECONDITION_FAILED",
  unsupported_type: "BAD_REQUEST",
  too_large: "PAYLOAD_TOO_LARGE",
  plan_limit: "FORBIDDEN",
  rate_limited: "TOO_MANY_REQUESTS",
  busy: "SERVICE_UNAVAILABLE",
} as const satisfies Record<RefusalReason, TRPCError["code"]>;

const t = initTRPC.context<ApiCtx>().create({
  isDev: false, // Otherwise stacks, and what stands in them, would go to clients.
  errorFormatter({ shape, error, ctx }) {
    const told = explain(error);
    return {
      ...shape,
      message: told.message,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path,
        reason: told.reason,
        fields: told.fields,
        details: told.details,
        requestId: ctx?.requestId ?? null,
      },
    };
  },
});

interface Told {
  message: string;
  reason: RefusalReason | "internal";
  fields: Record<string, string> | null;
  details: Record<string, unknown> | null;
}

/** What the caller is told. Our own failures are one sentence: what went wrong inside is for the log. */
function explain(error: TRPCError): Told {
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

/** Gives a refusal its code, also one that a stream ends with. A failure of any other kind goes through as it is and is masked above. */
const refusals = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw withCode(result.error.cause) ?? result.error;
  return isStream(result.data) ? { ...result, data: refusing(result.data) } : result;
});

async function* refusing(events: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* events;
  } catch (error) {
    throw withCode(error) ?? error;
  }
}

/** Null for what is no refusal. */
function withCode(error: unknown): TRPCError | null {
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

function isStream(data: unknown): data is AsyncIterable<unknown> {
  return typeof data === "object" && data !== null && Symbol.asyncIterator in data;
}

export const router = t.router;

/** Anybody. */
export const publicProcedure = t.procedure.use(refusals);

/** A person who is signed in; an API key is not a person. */
export const authedProcedure = publicProcedure.use(async ({ ctx, next }) => {
  const principal = await ctx.principal();
  if (principal === null) throw new Refusal("unauthorized", "Sign in first");
  if (principal.kind !== "user") throw new Refusal("forbidden", "This needs a signed-in person, not an API key");
  return next({ ctx: { principal } });
});

/** Whoever holds `permission` in the workspace of the call. `run` is a verb's way into that workspace, and the only one. */
export function workspaceProcedure(permission: Permission) {
  return publicProcedure.use(async ({ ctx, next }) => {
    const principal = await ctx.principal();
    if (principal === null) throw new Refusal("unauthorized", "Sign in first");
    if (principal.standing === null) {
      throw ctx.namesWorkspace
        ? new Refusal("not_a_member", "No such workspace")
        : new Refusal("workspace_required", "Name a workspace with the header x-workspace-id");
    }
    const { workspaceId, role } = principal.standing;
    if (!may(role, permission)) throw new Refusal("forbidden", `A ${role} can't do this`);
    const run = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => ctx.services.inWorkspace(workspaceId, verb);
    return next({ ctx: { principal, workspaceId, role, run, accountId: principal.kind === "user" ? principal.accountId : null } });
  });
}
