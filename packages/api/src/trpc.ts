/**
 * The frame around every procedure: who may call it, what it counts against, and who hears how it ended.
 *
 * @module
 */

import type { Sink } from "@axon/contracts/live-stream";
import type { Permission, Role } from "@axon/contracts/permissions";
import { holds } from "@axon/contracts/permissions";
import type { KnownCaller, Principal } from "@axon/core/auth";
import { admitVisitor, type Visitor } from "@axon/core/channels";
import type { Caller, InWorkspace, WorkspaceCtx } from "@axon/core/context";
import { Refusal } from "@axon/core/errors";
import { getTRPCErrorFromUnknown, initTRPC } from "@trpc/server";
import type { ProcedureMeta } from "./access.ts";
import type { ApiCtx, CallOutcome } from "./context.ts";
import { guardStream } from "./guard-stream.ts";
import { type Around, around } from "./live-stream.ts";
import { explain, outcomeOf, withCode } from "./told.ts";
import { refuseBrokenTexts } from "./whole-texts.ts";
import type { CallKind, StreamKind } from "./workspace-load.ts";

const t = initTRPC
  .context<ApiCtx>()
  .meta<ProcedureMeta>()
  .create({
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

/** Gives a refusal its code, also one that a stream ends with. A failure of any other kind goes through as it is and is masked above. */
const refusals = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw withCode(result.error.cause) ?? result.error;
  return isStream(result.data) ? { ...result, data: around(result.data, refusing) } : result;
});

const refusing: Around = {
  read: readRefusing,
  push: (events, sink) => {
    const told: Sink = {
      push: (parcels) => sink.push(parcels),
      whenReady: (resume) => sink.whenReady(resume),
      end: (error) => sink.end(withCode(error) ?? error),
    };
    return events.pushTo(told);
  },
};

async function* readRefusing(events: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* events;
  } catch (error) {
    throw withCode(error) ?? error;
  }
}

/** Tells the door of every call, refused ones included. */
const observed = t.middleware(async ({ ctx, path, type, next }) => {
  const ended = ctx.observe({ path, kind: type });
  const result = await next();
  if (!result.ok) ended(outcomeOf(result.error));
  else if (isStream(result.data)) return { ...result, data: around(result.data, watching(ended)) };
  else ended({ code: "OK", reason: null });
  return result;
});

function watching(ended: (outcome: CallOutcome) => void): Around {
  return {
    read: (events) => readWatching(events, ended),
    push: (events, sink) => {
      const told: Sink = {
        push: (parcels) => sink.push(parcels),
        whenReady: (resume) => sink.whenReady(resume),
        end: (error) => {
          ended(error === null ? { code: "OK", reason: null } : outcomeOf(getTRPCErrorFromUnknown(error)));
          sink.end(error);
        },
      };
      const stop = events.pushTo(told);
      return () => {
        ended({ code: "OK", reason: null });
        stop();
      };
    },
  };
}

async function* readWatching(events: AsyncIterable<unknown>, ended: (outcome: CallOutcome) => void): AsyncGenerator<unknown> {
  let outcome: CallOutcome = { code: "OK", reason: null };
  try {
    yield* events;
  } catch (error) {
    outcome = outcomeOf(getTRPCErrorFromUnknown(error));
    throw error;
  } finally {
    ended(outcome);
  }
}

function isStream(data: unknown): data is AsyncIterable<unknown> {
  return typeof data === "object" && data !== null && Symbol.asyncIterator in data;
}

const wholeTexts = t.middleware(async ({ getRawInput, next }) => {
  refuseBrokenTexts(await getRawInput());
  return next();
});

export const router = t.router;

/** Anybody. */
export const publicProcedure = t.procedure
  .meta({ access: { tier: "anyone" } })
  .use(observed)
  .use(refusals)
  .use(wholeTexts);

/** A person who is signed in; an API key is not a person. */
export const authedProcedure = publicProcedure.meta({ access: { tier: "person" } }).use(async ({ ctx, next }) => {
  const principal = await ctx.principal();
  if (principal === null) throw new Refusal("unauthorized", "Sign in first");
  if (principal.kind !== "user") throw new Refusal("forbidden", "This needs a signed-in person, not an API key");
  return next({ ctx: { principal } });
});

/** The principal as the audit log names it. */
export function callerOf(principal: Principal, { device, requestId }: Pick<ApiCtx, "device" | "requestId">): Caller {
  const id = principal.kind === "user" ? principal.accountId : principal.apiKeyId;
  return { kind: principal.kind, id, name: principal.name, ip: device.ip, requestId };
}

/** Whoever holds `permission` in the workspace of the call. Refuses whoever does not. */
async function entitled(ctx: ApiCtx, permission: Permission): Promise<KnownCaller["principal"]> {
  const principal = await ctx.principal();
  if (principal === null) throw new Refusal("unauthorized", "Sign in first");
  const { standing } = principal;
  if (standing === null) {
    throw ctx.namesWorkspace
      ? new Refusal("not_a_member", "No such workspace")
      : new Refusal("workspace_required", "Name a workspace with the header x-workspace-id");
  }
  if (!holds(principal.kind, standing, permission)) throw new Refusal("forbidden", refusalOf(principal.kind, standing.role));
  return { ...principal, standing };
}

/**
 * Whoever holds `permission` in the workspace of the call. `run` is a verb's way into that workspace, and the only one
 * (`inWorkspace` is the same for a flow); `ended` is when a stream must stop reading. The call counts against the workspace's limits, as what its `kind` costs.
 */
export function workspaceProcedure(permission: Permission, kind: CallKind = "plain") {
  return publicProcedure.meta({ access: { tier: "workspace", permission } }).use(async ({ ctx, next, signal, type }) => {
    const principal = await entitled(ctx, permission);
    const { workspaceId, role } = principal.standing;
    const caller = callerOf(principal, ctx);
    const inWorkspace: InWorkspace = (id, verb) => ctx.services.inWorkspace(id, verb, caller);
    const run = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => inWorkspace(workspaceId, verb);
    const accountId = principal.kind === "user" ? principal.accountId : null;
    const ending = new AbortController();
    // Joining signals costs, and only a stream can be ended from here.
    const ended = signal === undefined ? ending.signal : type === "subscription" ? AbortSignal.any([signal, ending.signal]) : signal;
    const leave = await ctx.services.load.call(workspaceId, kind);
    try {
      const result = await next({ ctx: { principal, workspaceId, role, run, inWorkspace, accountId, ended } });
      if (!result.ok || !isStream(result.data)) return result;
      const guard = {
        enter: () => enterStream(ctx, workspaceId, "member", accountId),
        watch: (onEnd: (refusal: Refusal) => void) => ctx.watch(principal, permission, onEnd),
        abort: () => ending.abort(),
      };
      return { ...result, data: guardStream(result.data, guard) };
    } finally {
      leave();
    }
  });
}

/**
 * The same for a procedure that is one verb which only reads: `run` is all that it is given. Who was here lately is let in by the
 * trip that reads, see `readAs`; nothing that was read comes out before the database has said that they still may.
 */
export function readingProcedure(permission: Permission) {
  return publicProcedure.meta({ access: { tier: "workspace", permission } }).use(async ({ ctx, next }) => {
    const lately = ctx.lately();
    const known = lately !== null && holds(lately.principal.kind, lately.principal.standing, permission) ? lately : null;
    const looked = known === null ? await entitled(ctx, permission) : known.principal;
    const run = async <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>): Promise<Result> => {
      const read = known === null ? null : await ctx.services.readAs(known, verb, callerOf(known.principal, ctx));
      if (read !== null) return read.given;
      const principal = known === null ? looked : await entitled(ctx, permission);
      return ctx.services.inWorkspace(principal.standing.workspaceId, verb, callerOf(principal, ctx));
    };
    const leave = await ctx.services.load.call(looked.standing.workspaceId, "plain");
    try {
      return await next({ ctx: { run } });
    } finally {
      leave();
    }
  });
}

/** What somebody in the workspace is told whose role, or whose key, does not hold what a call needs. */
export function refusalOf(kind: Principal["kind"], role: Role): string {
  return kind === "user" ? `A ${role} can't do this` : `This API key can't do this: its role is ${role}, and its scopes must name it`;
}

/** A stream counts on its connection and in its workspace, from its first reading to its end. */
async function enterStream(ctx: ApiCtx, workspaceId: string, kind: StreamKind, accountId: string | null = null): Promise<() => void> {
  const close = ctx.openStream();
  try {
    const leave = await ctx.services.load.stream(workspaceId, kind);
    const depart = accountId === null ? null : ctx.services.live.enter(workspaceId, accountId);
    return () => {
      depart?.();
      leave();
      close();
    };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * A visitor of a widget. `run` is a verb's way into their workspace: it is given the visitor, let in anew in its own transaction,
 * and nothing of the input can name another. `ended` is when a stream must stop reading.
 */
export const visitorProcedure = publicProcedure.meta({ access: { tier: "visitor" } }).use(async ({ ctx, next, signal }) => {
  const visitor = await ctx.visitor();
  if (visitor === null) throw new Refusal("unauthorized", "Open the widget first");
  const { workspaceId, contactId } = visitor;
  const caller: Caller = { kind: "visitor", id: contactId, name: "Visitor", ip: ctx.device.ip, requestId: ctx.requestId };
  const run = <Result>(verb: (ws: WorkspaceCtx, who: Visitor) => Promise<Result>) =>
    ctx.services.inWorkspace(workspaceId, async (ws) => verb(ws, await admitVisitor(ws, visitor, ctx.origin)), caller);
  const ending = new AbortController();
  const ended = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const leave = await ctx.services.load.call(workspaceId, "visitor");
  try {
    const result = await next({ ctx: { visitor, run, ended } });
    if (!result.ok || !isStream(result.data)) return result;
    const guard = {
      enter: () => enterStream(ctx, workspaceId, "visitor"),
      watch: (onEnd: (refusal: Refusal) => void) => ctx.watchVisitor(visitor, onEnd),
      abort: () => ending.abort(),
    };
    return { ...result, data: guardStream(result.data, guard) };
  } finally {
    leave();
  }
});
