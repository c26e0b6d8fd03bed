/**
 * Contracts as JSON Schema (2020-12), in the wording that our documents use.
 *
 * Three things of zod's own are left out: the patterns behind a named format, which no reader needs; the bounds of safe
 * integers, which are JSON's and not ours; and the promise that answers hold no further fields, which we don't make.
 *
 * @module
 */
import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Ids of schemas that stand in a place of their own and are referred to. */
export type SchemaIds = z.core.$ZodRegistry<{ id: string }>;

const wording = (io: "input" | "output") => ({
  target: "draft-2020-12" as const,
  io,
  override: ({ jsonSchema }: { jsonSchema: JsonSchema }) => {
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  },
});

/** One schema, whole, with nothing to refer to. `io` says from which side it is seen: what is taken, or what is given. */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _, "~standard": __, ...rest } = z.toJSONSchema(schema, { ...wording(io), metadata: z.registry() });
  return rest;
}

/** Every schema of a registry by its id; they refer to each other as `<base><id>`. */
export function jsonSchemasOf(ids: SchemaIds, io: "input" | "output", base: string): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(ids, { ...wording(io), uri: (id) => `${base}${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]));
}

/** The forms that a value may take: what the schema chooses between, or the schema itself. */
export function formsOf(schema: JsonSchema): JsonSchema[] {
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);
  return choices.length === 0 ? [schema] : choices.flatMap(formsOf);
}

/** JSON Schema allows `true` and `false` where a schema goes; zod doesn't write them there. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}
