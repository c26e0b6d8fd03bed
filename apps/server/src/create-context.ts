/**
 * From a request or a socket to what every procedure is handed.
 *
 * @module
 */
import type { IncomingHttpHeaders } from "node:http";
import type { ApiCtx, ApiServices, VisitorPrincipal } from "@axon/api/context";
import { noteInLogContext } from "@axon/config/log-context";
import { authenticate, type Principal, type RecentCallers } from "@axon/core/auth";
import type { LiveCaller } from "@axon/db/callers";
import type { LiveCallers } from "./live-callers.ts";

export interface Caller {
  token: string | null;
  workspaceId: string | null;
  ip: string | null;
  headers: IncomingHttpHeaders;
  /** True where only visitors of widgets may call: then the credential is nobody else's. */
  visitorsOnly?: boolean;
  /** Of the call under way. */
  requestId(): string;
  observe: ApiCtx["observe"];
  /** The socket that the call comes over; null for a request of its own. */
  socket: CallingSocket | null;
}

/** What a socket wants to know of those who call over it. */
export interface CallingSocket {
  openStream: ApiCtx["openStream"];
  /** Told at each call who makes it, and when their token ends. May refuse. */
  calledBy(principal: Principal, expiresAtMs: number | null): void;
}

export interface ContextDeps {
  services: ApiServices;
  callers: LiveCallers;
  recent: RecentCallers;
}

/**
 * For a request the credential is looked at when a procedure first asks who calls, and once. A socket may outlive what it was
 * opened with, so there it is looked at for each call.
 */
export function createContext({ services, callers, recent }: ContextDeps, caller: Caller): ApiCtx {
  const { token, workspaceId, socket } = caller;
  let known: Promise<Principal | null> | null = null;
  const look = async () => {
    if (token === null || caller.visitorsOnly === true) return null;
    recent.forget(token, workspaceId);
    const principal = await authenticate(services.auth, token, workspaceId);
    const expiresAtMs = expiryOf(token);
    if (principal.standing) noteInLogContext({ workspaceId: principal.standing.workspaceId });
    recent.note(token, workspaceId, principal, expiresAtMs);
    socket?.calledBy(principal, expiresAtMs);
    return principal;
  };
  // A socket wants to be told at each call who makes it, so there everybody is looked at.
  const lately = () => {
    const known = token === null || socket !== null || caller.visitorsOnly === true ? null : recent.find(token, workspaceId);
    if (known !== null) noteInLogContext({ workspaceId: known.principal.standing.workspaceId });
    return known;
  };
  // No trip to the database: whether the visitor is still welcome is asked by each verb, in its own transaction.
  const lookAtVisitor = async (): Promise<VisitorPrincipal | null> => {
    if (token === null) return null;
    const visitor = { kind: "visitor" as const, ...(await services.widget.tokens.verify(token)) };
    noteInLogContext({ workspaceId: visitor.workspaceId });
    return visitor;
  };
  const userAgent = caller.headers["user-agent"];
  return {
    services,
    get requestId() {
      return caller.requestId();
    },
    observe: caller.observe,
    device: { ip: caller.ip, userAgent: userAgent ?? null },
    origin: caller.headers.origin ?? null,
    lately,
    visitor: lookAtVisitor,
    namesWorkspace: workspaceId !== null,
    principal: () => {
      if (socket !== null) return look();
      known ??= look();
      return known;
    },
    openStream: () => socket?.openStream() ?? (() => {}),
    watch: (principal, permission, onEnd) =>
      callers.watch({ caller: liveCallerOf(principal), permission, expiresAtMs: expiryOf(token), onEnd }),
    watchVisitor: ({ contactId, channelId, workspaceId: home, identityVersion, expiresAtMs }, onEnd) =>
      callers.watch({
        caller: { kind: "visitor", id: contactId, workspaceId: home, channelId, identityVersion },
        permission: null,
        expiresAtMs,
        onEnd,
      }),
  };
}

/** The principal as those who look after streams know it. */
export function liveCallerOf(principal: Principal): LiveCaller {
  const workspaceId = principal.standing?.workspaceId ?? null;
  return principal.kind === "user"
    ? { kind: "session", id: principal.sessionId, workspaceId }
    : { kind: "apiKey", id: principal.apiKeyId, workspaceId };
}

/** When an access token that was found good ends, in milliseconds since 1970; null for a key, which has its end in the database. */
export function expiryOf(token: string | null): number | null {
  const [, payload] = token?.split(".") ?? [];
  if (payload === undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims === "object" && claims !== null && "exp" in claims && typeof claims.exp === "number" ? claims.exp * 1000 : null;
  } catch {
    return null;
  }
}

/** The token of `Authorization: Bearer <token>`; null for anything else. */
export function bearerOf(headers: IncomingHttpHeaders): string | null {
  const match = /^Bearer ([^\s]{1,4096})$/i.exec(headers.authorization ?? "");
  return match?.[1] ?? null;
}

/** The workspace that a header names; null without one. */
export function workspaceOf(headers: IncomingHttpHeaders): string | null {
  const value = headers["x-workspace-id"];
  return typeof value === "string" && value !== "" ? value : null;
}
