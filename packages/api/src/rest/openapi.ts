/**
 * The OpenAPI 3.1 document of the REST API, made from the table of routes and the contracts. Nothing in it is written twice,
 * so it can't say anything else than what the server does.
 *
 * @module
 */
import { permissions } from "@axon/contracts/permissions";
import { refusalReasons } from "@axon/contracts/refusals";
import { z } from "zod";
import { isSchema, type JsonSchema, jsonSchemasOf, type SchemaIds } from "../json-schema.ts";
import { components } from "./components.ts";
import { listOperations, type RestOperation } from "./input-shape.ts";

const about = `The same procedures as the typed client's, as JSON over HTTP. Live streams are not among them.

**Credentials.** \`Authorization: Bearer <token>\` with an access token or an API key. With an access token, calls inside a workspace
name it by the header \`x-workspace-id\`; an API key belongs to one workspace and needs no header.

**Errors** have one shape, \`error.reason\` is a stable word to branch on, and what is not yours is \`404\` like what does not exist. Every
answer bears its \`x-request-id\`.

**Lists** take \`limit\` and \`cursor\`, and give \`items\` and \`nextCursor\`, which is null on the last page.

Fields and words may be added to answers at any time; none is renamed or taken away.`;

/** The whole document. Costs some ten milliseconds: make it once. */
export function createOpenApi(): Record<string, unknown> {
  const operations = listOperations();
  const { named, outputs } = describeOutputs(operations);
  const paths = new Map<string, Record<string, unknown>>();
  for (const operation of operations) {
    const path = `/v1${operation.route.path}`;
    const answer = outputs.get(operation.route.output) ?? {};
    paths.set(path, { ...paths.get(path), [operation.route.method.toLowerCase()]: describe(operation, answer) });
  }
  return {
    openapi: "3.1.0",
    info: { title: "Axon", version: "1", description: about, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    tags: [...new Set(operations.map(tagOf))].map((name) => ({ name })),
    paths: Object.fromEntries([...paths].sort(([one], [other]) => (one < other ? -1 : 1))),
    components: {
      schemas: { ...named, Error: errorSchema },
      responses: { Error: { description: "Refused, or failed", content: json({ $ref: "#/components/schemas/Error" }) } },
      parameters: { WorkspaceId: workspaceHeader, IdempotencyKey: idempotencyHeader },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An access token, or an API key (`axk_…`)" },
        visitor: { type: "http", scheme: "bearer", description: "The token that `widget.open` gave a visitor" },
      },
    },
  };
}

const errorSchema = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        code: { type: "string", description: "The class of the refusal, like `NOT_FOUND`" },
        message: { type: "string", description: "For people" },
        reason: { type: "string", enum: [...refusalReasons, "internal"], description: "For programs: stable" },
        fields: {
          type: ["object", "null"],
          additionalProperties: { type: "string" },
          description: "Of bad input: each bad field (its path) and what is wrong with it",
        },
        details: { type: ["object", "null"], description: "What else belongs to the reason" },
        requestId: { type: "string", description: "To name this request by, as in the header `x-request-id`" },
      },
      required: ["code", "message", "reason", "fields", "details", "requestId"],
    },
  },
  required: ["error"],
};

const workspaceHeader = {
  name: "x-workspace-id",
  in: "header",
  description: "The workspace of the call. Needed with an access token; an API key knows its own.",
  schema: { type: "string", format: "uuid" },
};

const idempotencyHeader = {
  name: "Idempotency-Key",
  in: "header",
  description: "Your own name for this request: sent again with the same input, it gives the first result. The same as `idempotencyKey`.",
  schema: { type: "string", minLength: 1, maxLength: 100 },
};

function describe(operation: RestOperation, answer: JsonSchema): Record<string, unknown> {
  const { path, route, access } = operation;
  return {
    operationId: path,
    tags: [tagOf(operation)],
    summary: route.summary,
    ...(access.tier === "workspace" ? { description: `For: ${permissions[access.permission].join(", ")}.` } : {}),
    ...describeInput(operation),
    responses: {
      [String(route.status ?? 200)]: { description: route.status === 201 ? "Created" : "Done", content: json(answer) },
      default: { $ref: "#/components/responses/Error" },
    },
    security: access.tier === "anyone" ? [] : [{ [access.tier === "visitor" ? "visitor" : "bearer"]: [] }],
  };
}

function describeInput({ access, input }: RestOperation): Record<string, unknown> {
  const { fields, inPath, inBody, required, schema } = input;
  const inQuery = inBody ? [] : [...fields.keys()].filter((name) => !inPath.includes(name));
  const parameters = [
    ...inPath.map((name) => ({ name, in: "path", required: true, schema: fields.get(name) })),
    ...inQuery.map((name) => ({ name, in: "query", required: required.has(name), schema: fields.get(name) })),
    ...(access.tier === "workspace" ? [{ $ref: "#/components/parameters/WorkspaceId" }] : []),
    ...(fields.has("idempotencyKey") ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
  ];
  const bodyNeeded = [...required].some((name) => !inPath.includes(name));
  return {
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(inBody && schema !== null ? { requestBody: { required: bodyNeeded, content: json(without(schema, inPath)) } } : {}),
  };
}

/** The schema of what is left for the body when some fields have gone into the path. */
function without(schema: JsonSchema, names: readonly string[]): JsonSchema {
  const kept = Object.entries(schema.properties ?? {}).filter(([name]) => !names.includes(name));
  const required = schema.required?.filter((name) => !names.includes(name)) ?? [];
  const { required: _, ...rest } = schema;
  return {
    ...rest,
    ...(schema.properties ? { properties: Object.fromEntries(kept) } : {}),
    ...(required.length > 0 ? { required } : {}),
    ...(schema.anyOf ? { anyOf: schema.anyOf.map((form) => (isSchema(form) ? without(form, names) : form)) } : {}),
    ...(schema.oneOf ? { oneOf: schema.oneOf.map((form) => (isSchema(form) ? without(form, names) : form)) } : {}),
  };
}

/** All outputs in one go, so that they share what has a name. */
function describeOutputs(operations: RestOperation[]): { named: Record<string, JsonSchema>; outputs: Map<z.ZodType, JsonSchema> } {
  const base = "#/components/schemas/";
  const ids: SchemaIds = z.registry();
  for (const [id, schema] of Object.entries(components)) ids.add(schema, { id });
  const unnamed = operations.filter(({ route }) => !ids.has(route.output));
  // Copies, so that an output that is also a part of another is written out there, and not referred to by an id of ours.
  for (const { path, route } of unnamed) ids.add(route.output.clone(), { id: `(${path})` });
  const schemas = jsonSchemasOf(ids, "output", base);
  const outputs = new Map([
    ...Object.entries(components).map(([id, schema]) => [schema, { $ref: `${base}${id}` }] as const),
    ...unnamed.map(({ path, route }) => [route.output, schemas[`(${path})`] ?? {}] as const),
  ]);
  return { named: Object.fromEntries(Object.keys(components).map((id) => [id, schemas[id] ?? {}])), outputs };
}

const tagOf = ({ path }: RestOperation) => path.split(".")[0] ?? "";
const json = (schema: object) => ({ "application/json": { schema } });
