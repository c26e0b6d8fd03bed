/**
 * Calls over REST as they look on the wire, and inputs made up from what the document says an operation takes.
 *
 * @module
 */
import { type Caller, headersOf } from "./wire.fixture.ts";

export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
  body: unknown;
}

export async function rest(
  url: string,
  method: string,
  path: string,
  { caller = {}, body, headers = {} }: { caller?: Caller; body?: unknown; headers?: Record<string, string> } = {},
): Promise<RestAnswer> {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: { ...headersOf(caller), ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : null };
}

/** A part of a JSON schema, as much as is looked at here. */
export interface Described {
  type?: string | string[];
  properties?: Record<string, Described>;
  required?: string[];
  anyOf?: Described[];
  oneOf?: Described[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  minLength?: number;
  minimum?: number;
  items?: Described;
  minItems?: number;
}

/** The least that fits: what is required, each as short as it may be. */
export function leastOf(schema: Described | undefined): unknown {
  const form = schema?.anyOf?.[0] ?? schema?.oneOf?.[0] ?? schema ?? {};
  if (form.const !== undefined) return form.const;
  if (form.enum) return form.enum[0];
  const type = Array.isArray(form.type) ? form.type[0] : form.type;
  if (type === "object") return Object.fromEntries((form.required ?? []).map((name) => [name, leastOf(form.properties?.[name])]));
  if (type === "array") return Array.from({ length: form.minItems ?? 0 }, () => leastOf(form.items));
  if (type === "number" || type === "integer") return form.minimum ?? 1;
  if (type === "boolean") return false;
  if (form.format === "uuid") return "01997a00-0000-7000-8000-000000000000";
  if (form.format === "email") return "somebody@example.com";
  if (form.format === "date-time") return "2099-01-01T00:00:00.000Z";
  return "abcdefghijklmnopqrst".repeat(20).slice(0, Math.max(form.minLength ?? 1, 5));
}
