/**
 * What a route takes, and where each part of it goes: in the path, the query string or the body.
 *
 * @module
 */
import { formsOf, isSchema, type JsonSchema, jsonSchemaOf } from "../json-schema.ts";
import { listProcedures, type ProcedureFacts } from "../procedures.ts";
import type { RestRoute } from "./route.ts";
import { routes } from "./routes.ts";

export interface RestOperation {
  /** The procedure behind it. */
  path: string;
  kind: "query" | "mutation";
  access: ProcedureFacts["access"];
  route: RestRoute;
  input: InputShape;
}

export interface InputShape {
  /** False when the procedure takes nothing at all. */
  any: boolean;
  /** The whole of it; null when there is none. */
  schema: JsonSchema | null;
  /** Every field that can be given, over all forms of the input. */
  fields: ReadonlyMap<string, JsonSchema>;
  required: ReadonlySet<string>;
  /** The fields that stand in the path, in its order. */
  inPath: readonly string[];
  /** Whether the rest comes as a JSON body; otherwise as the query string. */
  inBody: boolean;
}

/** All operations, by procedure. */
export function listOperations(): RestOperation[] {
  return listProcedures().flatMap(({ path, kind, input, access }) => {
    if (kind === "subscription") return [];
    const route = Object.entries(routes).find(([procedure]) => procedure === path)?.[1];
    if (!route) throw new Error(`${path} has no REST route`);
    const schema = input === null ? null : jsonSchemaOf(input, "input");
    return { path, kind, access, route, input: shapeOf(schema, route) };
  });
}

function shapeOf(schema: JsonSchema | null, route: RestRoute): InputShape {
  const fields = new Map<string, JsonSchema>();
  const forms = schema === null ? [] : formsOf(schema);
  for (const form of forms) {
    for (const [name, field] of Object.entries(form.properties ?? {})) {
      const known = fields.get(name);
      if (isSchema(field)) fields.set(name, known === undefined ? field : { anyOf: [known, field] });
    }
  }
  const required = [...fields.keys()].filter((name) => forms.every((form) => form.required?.includes(name)));
  return {
    any: schema !== null,
    schema,
    fields,
    required: new Set(required),
    inPath: [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name),
    inBody: route.method === "POST" || route.method === "PUT" || route.method === "PATCH",
  };
}
