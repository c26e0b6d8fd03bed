/**
 * Which browsers may call. Others than browsers send no Origin and are not held up.
 *
 * @module
 */
import type { Env } from "@axon/config/env";
import { Refusal } from "@axon/core/errors";

export interface Origins {
  /** True for an origin on the list, and for our own pages. */
  isAllowed(origin: string): boolean;
  /** The list as CORS wants it for a path: who may read the answers. */
  corsFor(path: string): { origin: string[] | string; credentials: boolean };
  /** The refusal for a request that would change something, or open a socket, from a page that may not; null for others. */
  refusalFor(request: { method: string; path: string; origin: string | undefined }): Refusal | null;
}

/** What changes nothing: a page that may not call cannot read the answers either. */
const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * The widget lives on everybody's pages: what it calls takes no cookie and knows its visitor by a token of its own. A batch is
 * the widget's only when every call in it is.
 */
export function openToAnyOrigin(path: string): boolean {
  return /^\/trpc\/widget\.[A-Za-z.]+(,widget\.[A-Za-z.]+)*$/.test(path) || /^\/v1\/widget(\/[A-Za-z0-9_-]+)+$/.test(path);
}

export function createOrigins({ allowedOrigins, baseUrl }: Pick<Env["http"], "allowedOrigins" | "baseUrl">): Origins {
  const allowed = new Set([...allowedOrigins, new URL(baseUrl).origin]);
  return {
    isAllowed: (origin) => allowed.has(origin),
    corsFor: (path) => (openToAnyOrigin(path) ? { origin: "*", credentials: false } : { origin: [...allowedOrigins], credentials: true }),
    refusalFor: ({ method, path, origin }) =>
      origin === undefined || readingMethods.has(method) || openToAnyOrigin(path) || allowed.has(origin) ? null : foreignOrigin(),
  };
}

export function foreignOrigin(): Refusal {
  return new Refusal("origin_not_allowed", "Pages of this origin may not call; its operator can be asked to allow them");
}
