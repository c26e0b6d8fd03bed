/**
 * What nobody in their right mind would send: inputs near what a procedure wants, and far from it.
 *
 * Everything comes from one seed, so a run can be had again. Knows schemas and nothing of how inputs travel.
 *
 * @module
 */
import fc, { type Arbitrary } from "fast-check";
import { z } from "zod";

/** As much of a JSON schema as is looked at. */
interface Shape {
  type?: string | undefined;
  properties?: Record<string, Shape> | undefined;
  items?: Shape | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  anyOf?: Shape[] | undefined;
  oneOf?: Shape[] | undefined;
  format?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
}

/** Deepest nesting that is made of a schema; beyond it anything goes. */
const depthMax = 6;

const nastyTexts: readonly string[] = [
  "",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udfff\ud800",
  "\ufeff",
  "\u202e",
  "__proto__",
  "constructor",
  "toString",
  "'; drop table account; --",
  "' or 1=1 --",
  "$1",
  "%00",
  "..%2f..%2fetc",
  "../../../../etc/passwd",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "\r\nset-cookie: a=b",
  "0".repeat(400),
  "9".repeat(40),
  "-1",
  "1e999",
  "NaN",
  "null",
  "undefined",
  "[object Object]",
  "🙂".repeat(300),
  "e\u0301".repeat(200),
  "\u05d0\u202b\u05d1",
  "x".repeat(20_000),
];

const nastyNumbers: readonly number[] = [0, -0, -1, 1e21, 1e308, 2 ** 31, -(2 ** 31), 2 ** 53, -(2 ** 53), 0.1, 1e-320, 101, 65_536];

/** Any JSON value, most of them unpleasant. */
export const anything: Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nastyTexts) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 2, arbitrary: fc.constantFrom(...nastyNumbers) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { "": {} }) },
  { weight: 1, arbitrary: fc.integer({ min: 5, max: 200 }).map(nested) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom("__proto__", "constructor", "id", "0", "length"), fc.jsonValue({ maxDepth: 1 })) },
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Inputs for a procedure that takes `schema`: mostly of its shape, each part of it right or wrong by chance. `ids` exist. */
export function inputsFor(schema: z.ZodType | undefined, ids: readonly string[]): Arbitrary<unknown> {
  if (schema === undefined) return anything;
  const shape: Shape = JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" })));
  return fc.oneof({ weight: 9, arbitrary: fitting(shape, ids, 0) }, { weight: 1, arbitrary: anything });
}

function fitting(shape: Shape, ids: readonly string[], depth: number): Arbitrary<unknown> {
  const right = wellFormed(shape, ids, depth);
  return depth === 0 ? right : fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: anything });
}

function wellFormed(shape: Shape, ids: readonly string[], depth: number): Arbitrary<unknown> {
  if (depth > depthMax) return anything;
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => wellFormed(choice, ids, depth + 1)));
  if (shape.const !== undefined) return fc.constant(shape.const);
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  if (shape.type === "object") return recordOf(shape.properties ?? {}, ids, depth);
  if (shape.type === "array") return fc.array(fitting(shape.items ?? {}, ids, depth + 1), { maxLength: 4 });
  if (shape.type === "integer") return fc.integer({ min: Math.max(shape.minimum ?? -10, -10), max: Math.min(shape.maximum ?? 500, 500) });
  if (shape.type === "number") return fc.double({ min: shape.minimum ?? -1e6, max: shape.maximum ?? 1e6, noNaN: true });
  if (shape.type === "boolean") return fc.boolean();
  if (shape.type === "string") return textOf(shape, ids);
  return anything;
}

/** Each field there or not: what is needed is left out as often as what is not. */
function recordOf(properties: Record<string, Shape>, ids: readonly string[], depth: number): Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, shape]) => [name, fitting(shape, ids, depth + 1)]));
  const usual = fc.record(fields, { requiredKeys: depth === 0 ? Object.keys(fields) : [] });
  return fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: fc.record(fields, { requiredKeys: [] }) });
}

function textOf(shape: Shape, ids: readonly string[]): Arbitrary<string> {
  if (shape.format === "uuid") return fc.oneof(fc.constantFrom(...ids), fc.uuid());
  if (shape.format === "email") return fc.emailAddress();
  if (shape.format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return fc.oneof(
    { weight: 3, arbitrary: fc.lorem({ maxCount: 6 }) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 200 }) },
    { weight: 1, arbitrary: fc.constantFrom(...nastyTexts) },
    { weight: 1, arbitrary: fc.constantFrom(...ids) },
  );
}

/** Bytes that are no request, or nearly one. */
export const rawRequests: Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
  fc
    .record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "get", "", "POST\t", "\u0000"),
      target: fc.oneof(
        fc.constantFrom(
          "/trpc/auth.me",
          "/v1/agents",
          "/uploads/a/b",
          "*",
          "//",
          "/%",
          "/trpc/%ff",
          "http://x/y",
          "/trpc/a?batch=1&input=%7B",
        ),
        fc.webPath(),
        fc.string({ unit: "binary-ascii", maxLength: 80 }),
      ),
      version: fc.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""),
      headers: fc.array(
        fc.oneof(
          fc.constantFrom(
            "content-length: -1",
            "content-length: 5\r\ncontent-length: 6",
            "transfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 3",
            "content-type: application/json",
            "content-type: multipart/form-data",
            "authorization: Bearer ",
            "x-workspace-id: ../",
            "upgrade: websocket\r\nconnection: upgrade",
            "expect: 100-continue",
            "host:",
            "accept: text/event-stream",
          ),
          fc.string({ unit: "binary-ascii", maxLength: 60 }),
        ),
        { maxLength: 6 },
      ),
      body: fc.oneof(fc.constant(""), fc.constant("5\r\nhello\r\n0\r\n\r\n"), fc.json(), fc.string({ maxLength: 100 })),
    })
    .map(({ method, target, version, headers, body }) =>
      Buffer.from(
        `${method} ${target} ${version}\r\nhost: x\r\n${headers.map((line) => `${line}\r\n`).join("")}connection: close\r\n\r\n${body}`,
      ),
    ),
);

/** Messages for an open socket: tRPC's own words bent, other JSON, and no JSON at all. */
export function socketMessages(paths: readonly string[], input: (path: string) => Arbitrary<unknown>): Arbitrary<string | Buffer> {
  const calls = fc.constantFrom(...paths).chain((path) =>
    fc.record({
      id: fc.oneof(fc.integer({ min: 1, max: 1e6 }), anything),
      jsonrpc: fc.constantFrom("2.0", undefined),
      method: fc.constantFrom("query", "mutation", "subscription", "subscription.stop", "__proto__", "", "ping"),
      params: fc.record({ path: fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(path) }, anything), input: input(path) }),
    }),
  );
  return fc.oneof(
    { weight: 12, arbitrary: calls.map((message) => JSON.stringify(message)) },
    { weight: 2, arbitrary: anything.map((value) => JSON.stringify(value) ?? "") },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
}
