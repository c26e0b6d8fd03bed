/**
 * The API as it is now, as data that can be kept and compared: every procedure with what it takes, gives and lets in, its
 * place in the REST API, the events of the streams, and the HTTP routes beside them.
 *
 * @module
 */
import { permissions, type Role } from "@axon/contracts/permissions";
import { refusalReasons } from "@axon/contracts/refusals";
import { type JsonSchema, jsonSchemaOf } from "../json-schema.ts";
import { listProcedures, type ProcedureFacts } from "../procedures.ts";
import { routes } from "../rest/routes.ts";
import { eventSchemas, streams } from "./streams.ts";

export interface ProcedureSnapshot {
  kind: ProcedureFacts["kind"];
  /** The roles that it lets in, or a word for who needs none. */
  access: "anyone" | "person" | "visitor" | readonly Role[];
  /** `POST /v1/agents 201`; null when it is not served there. */
  rest: string | null;
  input: JsonSchema | null;
  /** Of a subscription: `{ $ref }`, the name of one of `events`. */
  output: JsonSchema;
}

export interface ApiSnapshot {
  procedures: Record<string, ProcedureSnapshot>;
  events: Record<string, JsonSchema>;
  rawRoutes: readonly string[];
  /** The words of refusals. */
  reasons: readonly string[];
}

/** Routes that are no procedure's. A test asks the server for each. */
export const rawRoutes = ["GET /healthz", "GET /readyz", "GET /metrics", "GET /v1/openapi.json", "GET /v1/docs", "PUT /uploads/*"] as const;

export function takeSnapshot(): ApiSnapshot {
  return {
    procedures: Object.fromEntries(listProcedures().map((facts) => [facts.path, describe(facts)])),
    events: eventSchemas(),
    rawRoutes,
    reasons: refusalReasons,
  };
}

function describe({ path, kind, input, access }: ProcedureFacts): ProcedureSnapshot {
  const route = Object.entries(routes).find(([procedure]) => procedure === path)?.[1];
  const stream = Object.entries(streams).find(([procedure]) => procedure === path)?.[1];
  if (route === undefined && stream === undefined) throw new Error(`${path} is neither a route nor a stream`);
  return {
    kind,
    access: access.tier === "workspace" ? permissions[access.permission] : access.tier,
    rest: route ? `${route.method} /v1${route.path} ${route.status ?? 200}` : null,
    input: input === null ? null : jsonSchemaOf(input, "input"),
    output: route ? jsonSchemaOf(route.output, "output") : { $ref: stream ?? "" },
  };
}
