/**
 * The other way round: the request that calls a procedure over REST. For whoever wants to send what a procedure takes
 * without knowing its route.
 *
 * @module
 */
import type { RestMethod, RestRoute } from "./route.ts";
import { routes } from "./routes.ts";

export interface RestRequest {
  method: RestMethod;
  /** From `/v1` on, with its query string. */
  url: string;
  /** To be sent as JSON; undefined when there is none to send. */
  body: Record<string, unknown> | undefined;
}

/** Null for a path that has no route. A field of the path that `input` lacks is left as an empty word. */
export function toRequest(path: string, input: unknown): RestRequest | null {
  const route = Object.entries(routes).find(([procedure]) => procedure === path)?.[1];
  return route ? requestOf(route, input) : null;
}

function requestOf({ method, path }: RestRoute, input: unknown): RestRequest {
  const rest = new Map(Object.entries(typeof input === "object" && input !== null ? input : {}));
  const url = `/v1${path}`.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return encodeURIComponent(value === undefined ? "" : String(value));
  });
  if (method !== "GET" && method !== "DELETE") return { method, url, body: Object.fromEntries(rest) };
  const query = new URLSearchParams();
  for (const [name, value] of rest) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) query.append(name, String(one));
  }
  return { method, url: query.size === 0 ? url : `${url}?${query}`, body: undefined };
}
