/**
 * How the door says no: the same words and shape as a procedure's own, whoever asked and however far they got.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { answerOfError } from "@axon/api/rest/answer";
import { explain, withCode } from "@axon/api/told";
import { Refusal } from "@axon/core/errors";
import { getTRPCErrorFromUnknown } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";

export interface DoorAnswer {
  status: number;
  headers: Record<string, string>;
  /** JSON. */
  body: string;
}

/** What every answer bears, also those that no framework writes. */
export const bareHeaders: Record<string, string> = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none';frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "referrer-policy": "no-referrer",
};

/** The answer to a refusal at `url`, as REST says it below /v1 and as tRPC says it everywhere else. A `status` says more than the code's own. */
export function doorAnswer(thrown: unknown, url: string, requestId: string, status?: number): DoorAnswer {
  const error = (thrown instanceof Refusal ? withCode(thrown) : null) ?? getTRPCErrorFromUnknown(thrown);
  const { message, reason, fields, details } = explain(error);
  const headers = { "content-type": "application/json; charset=utf-8", ...retryAfter(details) };
  const httpStatus = status ?? getHTTPStatusCodeFromError(error);
  const path = url.split("?", 1)[0] ?? "";
  if (path === "/v1" || path.startsWith("/v1/")) {
    const answer = answerOfError(error, requestId);
    return { status: httpStatus, headers: { ...headers, ...answer.headers }, body: JSON.stringify(answer.body) };
  }
  const procedure = path.startsWith("/trpc/") ? path.slice("/trpc/".length) : null;
  const data = { code: error.code, httpStatus, path: procedure, reason, fields, details, requestId };
  return { status: httpStatus, headers, body: JSON.stringify({ error: { message, code: TRPC_ERROR_CODES_BY_KEY[error.code], data } }) };
}

/** `Retry-After` for a refusal that says when it will pass. */
export function retryAfter(details: Record<string, unknown> | null | undefined): Record<string, string> {
  const afterMs = details?.["retryAfterMs"];
  return typeof afterMs === "number" ? { "retry-after": String(Math.max(1, Math.ceil(afterMs / 1000))) } : {};
}

/** An answer as it goes over the wire, for connections that speak no HTTP with us yet, or not any more. */
export function rawAnswer(thrown: unknown, url: string, status?: number): string {
  const requestId = randomUUID();
  const answer = doorAnswer(thrown, url, requestId, status);
  const headers = {
    ...bareHeaders,
    ...answer.headers,
    "x-request-id": requestId,
    "content-length": String(Buffer.byteLength(answer.body)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n${answer.body}`;
}
