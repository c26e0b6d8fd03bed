/**
 * From the parts of an HTTP request to what the procedure takes. It only puts together and reads words as numbers and
 * truths where the procedure wants those; whether the result is right is the procedure's own question.
 *
 * @module
 */
import { Refusal } from "@axon/core/errors";
import { formsOf, isSchema, type JsonSchema } from "../json-schema.ts";
import type { InputShape } from "./input-shape.ts";

export interface RestParts {
  /** From the path, decoded. */
  params: Readonly<Record<string, unknown>>;
  /** From the query string, decoded: a text, or several where a parameter was repeated. */
  query: Readonly<Record<string, unknown>>;
  /** The parsed JSON body; undefined without one. */
  body: unknown;
  /** The header `Idempotency-Key`. */
  idempotencyKey: string | null;
}

/**
 * Undefined for a procedure that takes nothing. Refuses with `validation`: a query parameter that nothing asks for, a body
 * that is no object, and a field that is given in two places with two values.
 */
export function toInput(shape: InputShape, parts: RestParts): Record<string, unknown> | undefined {
  const given = new Map<string, unknown>();
  if (shape.inBody) {
    for (const [name, value] of Object.entries(bodyOf(parts.body))) given.set(name, value);
    refuseParameters(parts.query, () => "This takes its input as a JSON body, not as query parameters");
  } else {
    const asked = new Set([...shape.fields.keys()].filter((name) => !shape.inPath.includes(name)));
    refuseParameters(parts.query, (name) => (asked.has(name) ? null : "There is no such parameter"));
    for (const [name, value] of Object.entries(parts.query)) given.set(name, readAs(shape.fields.get(name), value));
  }
  for (const name of shape.inPath) putInto(given, name, readAs(shape.fields.get(name), parts.params[name]), "in the path");
  if (parts.idempotencyKey !== null && shape.fields.has("idempotencyKey"))
    putInto(given, "idempotencyKey", parts.idempotencyKey, "as the header Idempotency-Key");
  return shape.any ? Object.fromEntries(given) : undefined;
}

function bodyOf(body: unknown): object {
  if (body === undefined) return {};
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new Refusal("validation", "The body must be a JSON object", { fields: { "(input)": "must be a JSON object" } });
  return body;
}

function refuseParameters(query: RestParts["query"], problemOf: (name: string) => string | null): void {
  const fields = Object.fromEntries(Object.keys(query).flatMap((name) => (problemOf(name) === null ? [] : [[name, problemOf(name)]])));
  const [first] = Object.entries(fields);
  if (first) throw new Refusal("validation", `${first[0]}: ${first[1]}`, { fields });
}

function putInto(given: Map<string, unknown>, name: string, value: unknown, where: string): void {
  if (given.has(name) && given.get(name) !== value)
    throw new Refusal("validation", `${name}: is given ${where} as well, with another value`, {
      fields: { [name]: `is given ${where} as well, with another value` },
    });
  given.set(name, value);
}

/** A word of a URL as the value that is wanted there. What can't be read so stays as it is, for the procedure to refuse. */
function readAs(schema: JsonSchema | undefined, value: unknown): unknown {
  if (schema === undefined) return value;
  const list = formsOf(schema).find((form) => form.type === "array");
  if (list) {
    const items = list.items;
    const words = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [value];
    return words.map((word) => readAs(isSchema(items) ? items : undefined, word));
  }
  if (typeof value !== "string") return value;
  const types = new Set(formsOf(schema).flatMap((form) => form.type ?? []));
  if (types.has("string")) return value;
  if ((types.has("number") || types.has("integer")) && /^-?\d{1,30}(\.\d{1,30})?$/.test(value)) return Number(value);
  if (types.has("boolean") && (value === "true" || value === "false")) return value === "true";
  return value;
}
