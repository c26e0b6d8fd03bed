import { agent } from "@axon/contracts/agents";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { formsOf } from "../json-schema.ts";
import { listOperations } from "./input-shape.ts";
import { pageOf, routesOf } from "./route.ts";
import { agentRoutes } from "./routes-agents.ts";
import { toInput } from "./to-input.ts";
import { toRequest } from "./to-request.ts";

const operations = listOperations();

describe("the table of routes", () => {
  it("leads each method of each path to one procedure, also where names in a path differ", () => {
    const places = operations.map(({ route }) => `${route.method} ${route.path.replace(/\{\w+\}/g, "{}")}`);
    expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
  });

  it("names in its paths what the procedure takes", () => {
    for (const { path, input } of operations) {
      for (const name of input.inPath) expect([...input.fields.keys()], path).toContain(name);
    }
  });

  it("asks of a URL only what fits into one", () => {
    for (const { path, input } of operations) {
      const inUrl = input.inBody ? input.inPath : [...input.fields.keys()];
      const types = inUrl.flatMap((name) => formsOf(input.fields.get(name) ?? {}).map((form) => `${name} ${String(form.type)}`));
      expect(
        types.filter((type) => type.endsWith(" object")),
        path,
      ).toEqual([]);
    }
  });

  it("reads with GET and changes with the other methods, but for questions too long for a URL", () => {
    for (const { path, kind, route } of operations) {
      if (kind === "mutation") expect(route.method, path).not.toBe("GET");
      else expect(["GET", "POST"], path).toContain(route.method);
    }
  });

  it("does not compile with a route too few, one too many, or one that says it answers what it does not", () => {
    const { "agents.list": list, ...others } = agentRoutes;
    const winged = { ...list, output: pageOf(agent.extend({ wings: z.int() })) } as const;
    const agents = routesOf("agents");
    expect(Object.keys(agents({ ...others, "agents.list": list })).sort()).toEqual(Object.keys(agentRoutes).sort());
    // @ts-expect-error agents.list has no route
    agents({ ...others });
    // @ts-expect-error there is no procedure agents.fly
    agents({ ...others, "agents.list": list, "agents.fly": list });
    // @ts-expect-error agents have no wings
    agents({ ...others, "agents.list": winged });
  });
});

describe("a request", () => {
  const shapeOf = (path: string) => {
    const found = operations.find((operation) => operation.path === path);
    if (!found) throw new Error(`no operation ${path}`);
    return found.input;
  };
  const parts = { params: {}, query: {}, body: undefined, idempotencyKey: null };
  const documents = (query: Record<string, unknown>) => toInput(shapeOf("knowledge.documents.list"), { ...parts, query });
  const search = (query: Record<string, unknown>) => toInput(shapeOf("knowledge.search"), { ...parts, query });

  it("has its words read as what is wanted there, and left alone where they can't be", () => {
    expect(documents({ limit: "10", cursor: "10" })).toEqual({ limit: 10, cursor: "10" });
    for (const word of ["", " 1", "0x10", "1e3", "ten", "1".repeat(40)]) expect(documents({ limit: word })).toEqual({ limit: word });
  });

  it("may repeat a parameter that is a list, or part it by commas", () => {
    expect(search({ query: "a,b", sourceIds: ["x", "y"] })).toEqual({ query: "a,b", sourceIds: ["x", "y"] });
    expect(search({ query: "a", sourceIds: "x,y" })).toEqual({ query: "a", sourceIds: ["x", "y"] });
  });

  it("with names that objects have by nature does nothing to objects", () => {
    const body: unknown = JSON.parse('{"name":"a","__proto__":{"polluted":true},"constructor":1}');
    const input = toInput(shapeOf("agents.create"), { ...parts, body });
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
    expect(Object.keys(input ?? {})).toEqual(["name", "__proto__", "constructor"]);
    expect("polluted" in {}).toBe(false);
  });

  it.each<[string, unknown]>([
    ["agents.list", { limit: 3, cursor: "a b&c=d/é" }],
    ["agents.get", { agentId: "a/b?c" }],
    ["agents.update", { agentId: "x", name: "n", handoff: { enabled: false } }],
    ["knowledge.search", { query: "what, where?", sourceIds: ["x", "y"], limit: 2 }],
    ["workspaces.apiKeys.revoke", { apiKeyId: "k" }],
    ["workspaces.get", undefined],
  ])("made for %s gives back what it was made from", (path, input) => {
    const request = toRequest(path, input);
    if (request === null) throw new Error(`${path} has no route`);
    const url = new URL(request.url, "http://localhost");
    const shape = shapeOf(path);
    const operation = operations.find((one) => one.path === path);
    const pattern = new RegExp(`^/v1${operation?.route.path.replace(/\{\w+\}/g, "([^/]*)")}$`);
    const values = pattern.exec(url.pathname)?.slice(1).map(decodeURIComponent) ?? [];
    const params = Object.fromEntries(shape.inPath.map((name, index) => [name, values[index]]));
    const query = Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, several(url.searchParams.getAll(name))]));
    expect(toInput(shape, { ...parts, params, query, body: request.body })).toEqual(input);
  });

  it("for a path that has no route is not made", () => expect(toRequest("agents.fly", {})).toBeNull());
});

const several = (values: string[]) => (values.length === 1 ? values[0] : values);
