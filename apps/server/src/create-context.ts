/**
 * From a request or a socket to what every procedure is handed.
 *
 * @module
 */
import type { IncomingHttpHeaders } from "node:http";
import type { ApiCtx, ApiServices } from "@axon/api/context";
import { authenticate, type Principal } from "@axon/core/auth";

export interface Caller {
  token: string | null;
  workspaceId: string | null;
  ip: string | null;
  headers: IncomingHttpHeaders;
  requestId: string;
  pace: ApiCtx["pace"];
}

/** The credential is looked at when a procedure first asks who calls, and once. */
export function createContext(services: ApiServices, caller: Caller): ApiCtx {
  let principal: Promise<Principal | null> | null = null;
  const userAgent = caller.headers["user-agent"];
  return {
    services,
    requestId: caller.requestId,
    device: { ip: caller.ip, userAgent: userAgent ?? null },
    namesWorkspace: caller.workspaceId !== null,
    principal: () => {
      principal ??= caller.token === null ? Promise.resolve(null) : authenticate(services.auth, caller.token, caller.workspaceId);
      return principal;
    },
    pace: caller.pace,
  };
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
