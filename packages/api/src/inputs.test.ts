import { describe, expect, it } from "vitest";
import { z } from "zod";
import { listProcedures } from "./procedures.ts";

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  maxLength?: number;
  maxItems?: number;
  items?: Schema | Schema[];
  prefixItems?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  maxProperties?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** Formats whose texts all have one length. */
const fixedLength = new Set(["uuid", "date"]);

/** The places of an input at which a caller could send as much as they like. */
function endless(schema: Schema, at: string, defs: Record<string, Schema>): string[] {
  const into = (one: Schema, place: string) => endless(one, place, defs);
  const found: string[] = [];
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined && defs[name] !== undefined) return into(defs[name], at);
  if (schema.const !== undefined || schema.enum !== undefined) return [];
  if (schema.type === "string" && schema.maxLength === undefined && !fixedLength.has(schema.format ?? "")) found.push(`${at}: text`);
  if (schema.type === "array" && schema.maxItems === undefined && schema.prefixItems === undefined) found.push(`${at}: list`);
  if (typeof schema.additionalProperties === "object") {
    if (schema.maxProperties === undefined) found.push(`${at}: record`);
    else found.push(...into(schema.propertyNames ?? { type: "string" }, `${at}{name}`), ...into(schema.additionalProperties, `${at}{}`));
  }
  for (const [key, one] of Object.entries(schema.properties ?? {})) found.push(...into(one, at === "" ? key : `${at}.${key}`));
  for (const one of [schema.items ?? [], schema.prefixItems ?? []].flat()) found.push(...into(one, `${at}[]`));
  for (const one of [schema.anyOf ?? [], schema.oneOf ?? [], schema.allOf ?? []].flat()) found.push(...into(one, at));
  return found;
}

function endlessIn(input: z.ZodType): string[] {
  const schema = z.toJSONSchema(input, { io: "input" }) as Schema; // safe: JSON Schema is what it gives
  return endless(schema, "", schema.$defs ?? {});
}

describe("what procedures take", () => {
  it("has a largest size at every place", () => {
    const inputs = listProcedures().flatMap(({ path, input }) => (input === null ? [] : [{ path, input }]));
    expect(inputs.length).toBeGreaterThan(20);
    expect(inputs.flatMap(({ path, input }) => endlessIn(input).map((place) => `${path} ${place}`))).toEqual([]);
  });

  it("is found out when it has none", () => {
    const bad = z.object({
      name: z.string(),
      list: z.array(z.uuid()),
      deep: z.object({ words: z.array(z.string()).max(3) }).optional(),
      either: z.union([z.string().max(3), z.string().min(3)]).nullable(),
      bag: z.record(z.string(), z.string().max(2)),
      few: z.record(z.string(), z.string()).meta({ maxProperties: 2 }),
      fineBag: z.record(z.string().max(2), z.string().max(2)).meta({ maxProperties: 2 }),
      fine: z.array(z.enum(["a", "b"])).max(2),
    });
    expect(endlessIn(bad)).toEqual([
      "name: text",
      "list: list",
      "deep.words[]: text",
      "either: text",
      "bag: record",
      "few{name}: text",
      "few{}: text",
    ]);
  });
});
