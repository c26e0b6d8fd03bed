/**
 * What changed between two JSON schemas, and whether callers who were right before are wrong now.
 *
 * What callers send may get wider, what they are given may get narrower, and never the other way round. Answers may gain
 * fields, words of an enum and kinds of events at any time: that is told, and callers are told to expect it. A keyword that
 * isn't known here counts as breaking when it changes: better one question too many.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { isSchema, type JsonSchema } from "../json-schema.ts";

export interface Change {
  breaking: boolean;
  /** `agents.create input.name` */
  where: string;
  /** What is different there, as the end of a sentence. */
  what: string;
}

/** `taken`: callers send it. `given`: they get it. */
export type Side = "taken" | "given";

/** Changes from `before` to `after`, each with its place below `where`. */
export function compareSchemas(before: JsonSchema, after: JsonSchema, side: Side, where: string): Change[] {
  const was = formsByKind(before);
  const is = formsByKind(after);
  joinNumbers(was, is);
  const kinds = new Set([...was.keys(), ...is.keys()]);
  const changes = [...kinds].flatMap((kind) => {
    const [old, now] = [was.get(kind) ?? [], is.get(kind) ?? []];
    const pairs = old.slice(0, now.length).map((form, index) => [form, now[index] ?? form] as const);
    return [
      ...pairs.flatMap(([one, other]) => compareForms(one, other, side, where)),
      ...old.slice(pairs.length).map(() => gone(kind, side, where)),
      ...now.slice(pairs.length).map(() => added(kind, side, where)),
    ];
  });
  const defaults =
    side === "taken" && !isDeepStrictEqual(before.default, after.default)
      ? [note(where, `is ${said(after.default)} when left out, and was ${said(before.default)}`)]
      : [];
  return [...changes, ...defaults];
}

function gone(kind: string, side: Side, where: string): Change {
  const given = isVariant(kind) ? breaks(where, `never is ${kind} any more`) : note(where, `never is ${kind} any more`);
  return side === "taken" ? breaks(where, `no longer takes ${kind}`) : given;
}

function added(kind: string, side: Side, where: string): Change {
  const given = isVariant(kind)
    ? note(where, `can be ${kind} now; callers pass over what they don't know`)
    : breaks(where, `can be ${kind} now`);
  return side === "taken" ? note(where, `takes ${kind} now`) : given;
}

/** The forms that a value may take, by kind: a type, or an object that a constant field sets apart. */
function formsByKind(schema: JsonSchema): Map<string, JsonSchema[]> {
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);
  if (choices.length > 0) {
    const all = new Map<string, JsonSchema[]>();
    for (const choice of choices) for (const [kind, forms] of formsByKind(choice)) all.set(kind, [...(all.get(kind) ?? []), ...forms]);
    return all;
  }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  // A type among several bears the keywords of its neighbours, and null has none of its own.
  return new Map(types.map((type) => [kindOf(schema, type), [type === "null" ? { type } : { ...schema, ...(type && { type }) }]]));
}

function kindOf(schema: JsonSchema, type: string | undefined): string {
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    if (isSchema(field) && field.const !== undefined) return `the variant with ${name} ${JSON.stringify(field.const)}`;
  const value = schema.const ?? schema.enum?.[0];
  if (type !== undefined) return type;
  if (value !== undefined) return value === null ? "null" : typeof value;
  return schema.not === undefined ? "anything" : "nothing";
}

const isVariant = (kind: string) => kind.startsWith("the variant");

/** Whole numbers are numbers: compared with each other when there is one of each. */
function joinNumbers(was: Map<string, JsonSchema[]>, is: Map<string, JsonSchema[]>): void {
  for (const [one, other] of [[was, is] as const, [is, was] as const]) {
    const whole = one.get("integer");
    if (whole === undefined || one.has("number") || other.has("integer") || !other.has("number")) continue;
    one.delete("integer");
    one.set("number", whole);
  }
}

/** Two forms of one kind. */
function compareForms(before: JsonSchema, after: JsonSchema, side: Side, where: string): Change[] {
  return [
    ...compareTypes(before, after, side, where),
    ...compareValues(before, after, side, where),
    ...compareBounds(before, after, side, where),
    ...compareFields(before, after, side, where),
    ...compareParts(before, after, side, where),
    ...compareUnknown(before, after, where),
  ];
}

function compareTypes(before: JsonSchema, after: JsonSchema, side: Side, where: string): Change[] {
  if (before.type === after.type || before.type === undefined || after.type === undefined) return [];
  const narrower = after.type === "integer";
  const what = `was ${String(before.type)} and is ${String(after.type)}`;
  return [narrower === (side === "taken") ? breaks(where, what) : note(where, what)];
}

function compareValues(before: JsonSchema, after: JsonSchema, side: Side, where: string): Change[] {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  if (old === null && now === null) return [];
  if (old === null) return [side === "taken" ? breaks(where, "takes only certain values now") : note(where, "has only certain values now")];
  if (now === null) return [side === "taken" ? note(where, "takes any value now") : breaks(where, "can have any value now")];
  return [
    ...old
      .filter((value) => !now.includes(value))
      .map((value) => (side === "taken" ? breaks(where, `no longer takes ${value}`) : note(where, `never is ${value} any more`))),
    ...now
      .filter((value) => !old.includes(value))
      .map((value) =>
        note(where, side === "taken" ? `takes ${value} now` : `can be ${value} now; callers that branch on it need a default`),
      ),
  ];
}

/** As JSON, to compare and to show; null for any. */
function valuesOf({ const: only, enum: values }: JsonSchema): string[] | null {
  if (only !== undefined) return [JSON.stringify(only)];
  return values?.map((value) => JSON.stringify(value)) ?? null;
}

const lowest = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] as const;
const highest = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] as const;
const forms = ["pattern", "format", "multipleOf", "uniqueItems"] as const;

function compareBounds(before: JsonSchema, after: JsonSchema, side: Side, where: string): Change[] {
  const narrower = (what: string) => (side === "taken" ? breaks(where, what) : note(where, what));
  const wider = (what: string) => note(where, what);
  const bounds = [...lowest, ...highest].flatMap((name) => {
    const up = lowest.some((low) => low === name);
    const [old, now] = [numberIn(before, name), numberIn(after, name)];
    if (old === now) return [];
    const what = `has ${name} ${now ?? "no more"}, and had ${old ?? "none"}`;
    if (old === undefined) return [narrower(what)];
    if (now === undefined) return [wider(what)];
    return [now > old === up ? narrower(what) : wider(what)];
  });
  const shapes = forms.flatMap((name) => {
    if (isDeepStrictEqual(before[name], after[name])) return [];
    const what = `has ${name} ${said(after[name])}, and had ${said(before[name])}`;
    const lost = after[name] === undefined;
    return [lost === (side === "taken") ? note(where, what) : breaks(where, what)];
  });
  return [...bounds, ...shapes];
}

function numberIn(schema: JsonSchema, name: string): number | undefined {
  const value: unknown = schema[name];
  return typeof value === "number" ? value : undefined;
}

function compareFields(before: JsonSchema, after: JsonSchema, side: Side, where: string): Change[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name): Change[] => {
    const [was, is] = [old.get(name), now.get(name)];
    const place = `${where}.${name}`;
    const [needed, needs] = [before.required?.includes(name) === true, after.required?.includes(name) === true];
    if (is === undefined) return [breaks(place, "is gone")];
    if (was === undefined) return [side === "taken" && needs ? breaks(place, "is new and required") : note(place, "is new")];
    const inner = compareSchemas(was, is, side, place);
    if (needed === needs) return inner;
    const what = needs ? "is required now" : side === "taken" ? "may be left out now" : "may be missing now";
    return [needs === (side === "taken") ? breaks(place, what) : note(place, what), ...inner];
  });
}

function fieldsOf({ properties }: JsonSchema): Map<string, JsonSchema> {
  return new Map(Object.entries(properties ?? {}).flatMap(([name, field]) => (isSchema(field) ? [[name, field]] : [])));
}

/** What lies in lists and records. */
function compareParts(before: JsonSchema, after: JsonSchema, side: Side, where: string): Change[] {
  const parts = [["items", "[]"] as const, ["additionalProperties", "{}"] as const, ["propertyNames", "{names}"] as const];
  const closed = (schema: JsonSchema) => schema.additionalProperties === false;
  const strictness =
    side === "given" || closed(before) === closed(after)
      ? []
      : [closed(after) ? breaks(where, "no longer takes other fields") : note(where, "takes other fields now")];
  return [
    ...strictness,
    ...parts.flatMap(([name, mark]) => {
      const [was, is]: unknown[] = [before[name], after[name]];
      if (isSchema(was) && isSchema(is)) return compareSchemas(was, is, side, `${where}${mark}`);
      if (name !== "additionalProperties" && isSchema(was) !== isSchema(is)) return [breaks(where, `has other ${name}`)];
      return [];
    }),
  ];
}

const known = new Set<string>([
  ...lowest,
  ...highest,
  ...forms,
  ...["type", "const", "enum", "properties", "required", "items", "additionalProperties", "propertyNames", "anyOf", "oneOf", "not"],
  ...["default", "title", "description", "examples", "deprecated"],
]);

function compareUnknown(before: JsonSchema, after: JsonSchema, where: string): Change[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !known.has(name) && !isDeepStrictEqual(before[name], after[name]))
    .map((name) => breaks(where, `has another ${name}, which this comparison can't judge`));
}

const said = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));
export const breaks = (where: string, what: string): Change => ({ breaking: true, where, what });
export const note = (where: string, what: string): Change => ({ breaking: false, where, what });
