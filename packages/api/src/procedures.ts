/**
 * What there is to call, as data: each procedure's kind, what it takes, and who may call it. For those who describe the API
 * (the REST document, the snapshot); nothing is called from here.
 *
 * @module
 */
import type { z } from "zod";
import type { Access, ProcedureMeta } from "./access.ts";
import { appRouter } from "./router.ts";

export interface ProcedureFacts {
  /** Dotted: `knowledge.documents.list`. */
  path: string;
  kind: "query" | "mutation" | "subscription";
  /** Null when it takes nothing. */
  input: z.ZodType | null;
  access: Access;
}

interface Definition {
  type: ProcedureFacts["kind"];
  inputs: readonly z.ZodType[];
  meta?: ProcedureMeta;
}

/** Every procedure, by its path, in alphabetical order. */
export function listProcedures(): ProcedureFacts[] {
  // safe: tRPC keeps the procedures of nested routers in one flat record, by dotted path; each holds the parsers that
  // `.input` was given, which in this house are zod's, and the meta that every way in of trpc.ts sets
  const flat = appRouter._def.procedures as unknown as Record<string, { _def: Definition }>;
  return Object.entries(flat)
    .map(([path, { _def }]) => {
      if (_def.inputs.length > 1) throw new Error(`${path} puts its input together from several; describe it by one schema`);
      if (_def.meta === undefined) throw new Error(`${path} doesn't say who may call it`);
      return { path, kind: _def.type, input: _def.inputs[0] ?? null, access: _def.meta.access };
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}
