import { describe, expect, it } from "vitest";
import { z } from "zod";
import { jsonSchemaOf } from "../json-schema.ts";
import { compareSnapshots } from "./compare.ts";
import { compareSchemas } from "./compare-schema.ts";
import type { ApiSnapshot, ProcedureSnapshot } from "./take.ts";

/** Every change as one line, those that break callers marked. */
const told = (changes: { breaking: boolean; where: string; what: string }[]) =>
  changes.map(({ breaking, where, what }) => `${breaking ? "! " : ""}${where} ${what}`);
const taken = (before: z.ZodType, after: z.ZodType) =>
  told(compareSchemas(jsonSchemaOf(before, "input"), jsonSchemaOf(after, "input"), "taken", "in"));
const given = (before: z.ZodType, after: z.ZodType) =>
  told(compareSchemas(jsonSchemaOf(before, "output"), jsonSchemaOf(after, "output"), "given", "out"));
const field = (schema: z.ZodType) => z.object({ a: schema });
const event = (type: string) => z.object({ type: z.literal(type), text: z.string() });

describe("what callers send", () => {
  it.each<[string, z.ZodType, z.ZodType, string[]]>([
    ["a field is gone", field(z.string()), z.object({}), ["! in.a is gone"]],
    ["a field is new and required", z.object({}), field(z.string()), ["! in.a is new and required"]],
    ["a field is new and may be left out", z.object({}), field(z.string().optional()), ["in.a is new"]],
    ["a field became required", field(z.string().optional()), field(z.string()), ["! in.a is required now"]],
    ["a field may be left out", field(z.string()), field(z.string().optional()), ["in.a may be left out now"]],
    ["a value is gone", field(z.enum(["x", "y"])), field(z.enum(["x"])), ['! in.a no longer takes "y"']],
    ["a value is new", field(z.enum(["x"])), field(z.enum(["x", "y"])), ['in.a takes "y" now']],
    ["any text became certain words", field(z.string()), field(z.enum(["x"])), ["! in.a takes only certain values now"]],
    ["certain words became any text", field(z.enum(["x"])), field(z.string()), ["in.a takes any value now"]],
    ["a maximum went down", field(z.string().max(9)), field(z.string().max(8)), ["! in.a has maxLength 8, and had 9"]],
    ["a maximum went up", field(z.string().max(8)), field(z.string().max(9)), ["in.a has maxLength 9, and had 8"]],
    ["a minimum went up", field(z.int().min(1)), field(z.int().min(2)), ["! in.a has minimum 2, and had 1"]],
    ["a minimum is gone", field(z.int().min(1)), field(z.int()), ["in.a has minimum no more, and had 1"]],
    ["a limit is new", field(z.array(z.string())), field(z.array(z.string()).max(3)), ["! in.a has maxItems 3, and had none"]],
    ["a pattern is new", field(z.string()), field(z.string().regex(/x/)), ['! in.a has pattern "x", and had none']],
    ["a pattern is gone", field(z.string().regex(/x/)), field(z.string()), ['in.a has pattern none, and had "x"']],
    ["a format is new", field(z.string()), field(z.uuid()), ['! in.a has format "uuid", and had none']],
    ["a type is another", field(z.string()), field(z.number()), ["! in.a no longer takes string", "in.a takes number now"]],
    ["a number must be whole", field(z.number()), field(z.int()), ["! in.a was number and is integer"]],
    ["a whole number may be any", field(z.int()), field(z.number()), ["in.a was integer and is number"]],
    ["null is no longer taken", field(z.string().nullable()), field(z.string()), ["! in.a no longer takes null"]],
    ["null is taken", field(z.string().max(3)), field(z.string().max(3).nullable()), ["in.a takes null now"]],
    ["other fields are refused", field(z.string()), z.strictObject({ a: z.string() }), ["! in no longer takes other fields"]],
    ["a default is another", field(z.int().default(1)), field(z.int().default(2)), ["in.a is 2 when left out, and was 1"]],
    ["deep inside a list", field(z.array(field(z.string()))), field(z.array(z.object({}))), ["! in.a[].a is gone"]],
    [
      "in a record",
      field(z.record(z.string(), z.string())),
      field(z.record(z.string(), z.uuid())),
      ['! in.a{} has format "uuid", and had none'],
    ],
    [
      "in one variant of several",
      z.discriminatedUnion("type", [event("x"), event("y")]),
      z.discriminatedUnion("type", [event("x"), event("y").extend({ text: z.string().max(5) })]),
      ["! in.text has maxLength 5, and had none"],
    ],
    [
      "a variant is gone",
      z.discriminatedUnion("type", [event("x"), event("y")]),
      event("x"),
      ['! in no longer takes the variant with type "y"'],
    ],
  ])("is judged: %s", (_what, before, after, changes) => {
    expect(taken(before, after)).toEqual(changes);
  });
});

describe("what callers are given", () => {
  it.each<[string, z.ZodType, z.ZodType, string[]]>([
    ["a field is gone", field(z.string()), z.object({}), ["! out.a is gone"]],
    ["a field is new", z.object({}), field(z.string()), ["out.a is new"]],
    ["a field may be missing", field(z.string()), field(z.string().optional()), ["! out.a may be missing now"]],
    ["a field is always there", field(z.string().optional()), field(z.string()), ["out.a is required now"]],
    ["it can be null", field(z.string()), field(z.string().nullable()), ["! out.a can be null now"]],
    ["it never is null", field(z.string().nullable()), field(z.string()), ["out.a never is null any more"]],
    ["a type is another", field(z.string()), field(z.number()), ["out.a never is string any more", "! out.a can be number now"]],
    ["a whole number may be any", field(z.int()), field(z.number()), ["! out.a was integer and is number"]],
    ["a word is new", field(z.enum(["x"])), field(z.enum(["x", "y"])), ['out.a can be "y" now; callers that branch on it need a default']],
    ["a word is gone", field(z.enum(["x", "y"])), field(z.enum(["x"])), ['out.a never is "y" any more']],
    ["certain words became any text", field(z.enum(["x"])), field(z.string()), ["! out.a can have any value now"]],
    ["a format is gone", field(z.uuid()), field(z.string()), ['! out.a has format none, and had "uuid"']],
    ["a limit went up", field(z.string().max(8)), field(z.string().max(9)), ["out.a has maxLength 9, and had 8"]],
    [
      "a kind of event is new",
      z.discriminatedUnion("type", [event("x")]),
      z.discriminatedUnion("type", [event("x"), event("y")]),
      ['out can be the variant with type "y" now; callers pass over what they don\'t know'],
    ],
    [
      "a kind of event is gone",
      z.discriminatedUnion("type", [event("x"), event("y")]),
      z.discriminatedUnion("type", [event("x")]),
      ['! out never is the variant with type "y" any more'],
    ],
    [
      "an event lost a field",
      z.discriminatedUnion("type", [event("x")]),
      z.discriminatedUnion("type", [z.object({ type: z.literal("x") })]),
      ["! out.text is gone"],
    ],
  ])("is judged: %s", (_what, before, after, changes) => {
    expect(given(before, after)).toEqual(changes);
  });

  it("is no change in another order, with another description, or without what is no promise", () => {
    expect(given(z.object({ a: z.string(), b: z.int() }), z.object({ b: z.int().describe("B"), a: z.string() }))).toEqual([]);
    expect(given(field(z.string()), z.strictObject({ a: z.string() }))).toEqual([]);
  });

  it("is doubted when it changes in a way that nobody has thought of", () => {
    expect(told(compareSchemas({ type: "string" }, { type: "string", contentEncoding: "base64" }, "given", "out"))).toEqual([
      "! out has another contentEncoding, which this comparison can't judge",
    ]);
  });
});

describe("what can be called", () => {
  const ping: ProcedureSnapshot = {
    kind: "query",
    access: ["owner", "member"],
    rest: "GET /v1/ping 200",
    input: null,
    output: { type: "object" },
  };
  const before: ApiSnapshot = {
    procedures: { ping },
    events: { Event: { type: "object" } },
    rawRoutes: ["GET /healthz"],
    reasons: ["busy"],
  };
  const changed = (change: Partial<ProcedureSnapshot>) =>
    told(compareSnapshots(before, { ...before, procedures: { ping: { ...ping, ...change } } }));

  it("is the same as itself", () => expect(compareSnapshots(before, structuredClone(before))).toEqual([]));
  it("breaks callers when it is gone", () => {
    expect(told(compareSnapshots(before, { procedures: {}, events: {}, rawRoutes: [], reasons: [] }))).toEqual([
      "! ping is gone",
      "! Event is gone",
      "! GET /healthz is gone",
      "! the refusal busy is gone",
    ]);
  });
  it("may grow", () => {
    const after = {
      ...before,
      procedures: { ...before.procedures, pong: ping },
      rawRoutes: [...before.rawRoutes, "GET /readyz"],
      reasons: ["busy", "idle"],
    };
    expect(told(compareSnapshots(before, after))).toEqual(["pong is new", "GET /readyz is new", "the refusal idle is new"]);
  });
  it.each<[string, Partial<ProcedureSnapshot>, string[]]>([
    ["another kind", { kind: "mutation" }, ["! ping was a query and is a mutation"]],
    ["fewer roles", { access: ["owner"] }, ["! ping may be called by owner, and by owner, member before"]],
    ["more roles", { access: ["owner", "member", "viewer"] }, ["ping may be called by owner, member, viewer, and by owner, member before"]],
    ["persons only", { access: "person" }, ["! ping may be called by person, and by owner, member before"]],
    ["anybody", { access: "anyone" }, ["ping may be called by anyone, and by owner, member before"]],
    ["another place", { rest: "GET /v1/pong 200" }, ["! ping was GET /v1/ping 200 over REST and is GET /v1/pong 200"]],
    ["no place", { rest: null }, ["! ping was GET /v1/ping 200 over REST and is not served"]],
    ["an input", { input: jsonSchemaOf(field(z.string()), "input") }, ["! ping input is needed now: a"]],
    ["an input that may be left out", { input: jsonSchemaOf(field(z.string().optional()), "input") }, ["ping input is new"]],
    ["another output", { output: { type: "string" } }, ["ping output never is object any more", "! ping output can be string now"]],
  ])("is judged with %s", (_what, change, changes) => {
    expect(changed(change)).toEqual(changes);
  });
});
