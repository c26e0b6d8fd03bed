import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { violations } from "./house-rules.ts";
import { scanFile } from "./house-scan.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

describe("this house", () => {
  it("is in order: every import points down the map, and nothing forbidden is written", () => {
    expect(violations(root)).toEqual([]);
  });
});

describe("the checker", () => {
  let tree: string;
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), "axon-house-"));
    for (const name of [
      "packages/contracts",
      "packages/core",
      "packages/db",
      "packages/client",
      "packages/api",
      "apps/server",
      "apps/worker",
      "apps/standalone",
    ]) {
      put(`${name}/package.json`, "{}");
      put(`${name}/src/good.ts`, 'export const fine = "yes";\n');
    }
    put("scripts/tool.mjs", 'console.log(process.env.HOME);\nimport "node:fs";\n');
  });
  afterEach(() => rmSync(tree, { recursive: true, force: true }));
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  };
  const planted = (path: string, content: string) => {
    put(path, content);
    return violations(tree);
  };

  it("finds nothing in a tree that is in order", () => {
    put(
      "packages/db/src/a.ts",
      'import { jobs } from "@axon/contracts/jobs";\nimport { fine } from "./good.ts";\nexport const x = [jobs, fine];\n',
    );
    put(
      "packages/client/src/a.ts",
      'import type { AppRouter } from "@axon/api/router";\nimport { type Other } from "@axon/api/other";\nexport type R = AppRouter | Other;\n',
    );
    put("packages/db/src/a.test.ts", 'import { fake } from "@axon/testing/fake";\nfake(process.env.PATH);\n');
    put("apps/standalone/src/main.ts", 'import { start } from "@axon/server/start";\nstart(process.env);\n');
    put(
      "packages/core/src/knowledge/index.ts",
      'import { agent } from "../agents/index.ts";\nimport { Refusal } from "../errors.ts";\nexport const k = [agent, Refusal];\n',
    );
    put("packages/db/src/where.ts", 'export const migrations = new URL("../migrations", import.meta.url);\n');
    expect(violations(tree)).toEqual([]);
  });

  it.each([
    ["a static import", 'import { x } from "@axon/api/router";'],
    ["a default import called type", 'import type, { x } from "@axon/api/router";'],
    ["a type import, where not even types are allowed", 'import type { X } from "@axon/api/router";'],
    ["an import over several lines", 'import {\n  a, // one\n  b,\n} from "@axon/api/router";'],
    ["an import for its effects", 'import "@axon/api/router";'],
    ["a re-export", 'export { x } from "@axon/api/router";'],
    ["a dynamic import", 'export const x = await import("@axon/api/router");'],
    ["a dynamic import in template quotes", "export const x = await import(`@axon/api/router`);"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text for the checker
    ["an import inside a template hole", 'export const x = `a ${await import("@axon/api/router")} b`;'],
    ["a require", 'export const x = require("@axon/api/router");'],
    ["a type in the middle of the code", 'export type X = typeof import("@axon/api/router");'],
    ["an import after a regular expression with a quote in it", 'export const r = /["\']/;\nimport { x } from "@axon/api/router";'],
  ])("names %s that points up", (_, line) => {
    const found = planted("packages/db/src/bad.ts", `${line}\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^packages\/db\/src\/bad\.ts:\d imports @axon\/api\/router, which packages\/db may not$/);
  });

  it("names an import that runs where only types are allowed", () => {
    expect(planted("packages/client/src/bad.ts", 'import { type A, b } from "@axon/api/router";\n')).toEqual([
      "packages/client/src/bad.ts:1 imports @axon/api/router, of which packages/client may only import types",
    ]);
  });

  it("names a path that reaches into another package, by import or by URL", () => {
    put("packages/db/src/bad.ts", 'import { x } from "../../core/src/good.ts";\n');
    expect(planted("apps/worker/src/bad.ts", '\nexport const there = new URL("../../server/src/good.ts", import.meta.url);\n')).toEqual([
      "apps/worker/src/bad.ts:2 reaches out of apps/worker by path: ../../server/src/good.ts",
      "packages/db/src/bad.ts:1 reaches out of packages/db by path: ../../core/src/good.ts",
    ]);
  });

  it("lets only the rooms that may reach a package's files do so", () => {
    put("packages/testing/package.json", "{}");
    put(
      "packages/testing/src/fine.ts",
      'export const there = new URL("../../db/drizzle", import.meta.url);\nexport const top = new URL("../../../data", import.meta.url);\n',
    );
    expect(planted("packages/testing/src/bad.ts", 'export const there = new URL("../../core/src", import.meta.url);\n')).toEqual([
      "packages/testing/src/bad.ts:1 reaches out of packages/testing by path: ../../core/src",
    ]);
  });

  it("names an app that is imported by anyone but standalone", () => {
    expect(planted("apps/worker/src/bad.ts", 'import { x } from "@axon/server/start";\n')).toEqual([
      "apps/worker/src/bad.ts:1 imports @axon/server/start, which apps/worker may not",
    ]);
  });

  it("names the test kit in code that ships, also by way of a fixture", () => {
    put("packages/db/src/some.fixture.ts", 'import { x } from "@axon/testing/fake";\n');
    expect(planted("packages/db/src/uses.ts", 'import { x } from "./some.fixture.ts";\n')).toEqual([
      "packages/db/src/uses.ts:1 imports ./some.fixture.ts, which is for tests",
    ]);
    expect(planted("packages/db/src/bad.ts", 'import { x } from "@axon/testing/fake";\n')).toContain(
      "packages/db/src/bad.ts:1 imports @axon/testing/fake, which packages/db may not",
    );
  });

  it("names a dependency that is declared against the map, and a room that is not on it", () => {
    put(
      "packages/db/package.json",
      '{"dependencies":{"@axon/core":"workspace:*","zod":"1"},"devDependencies":{"@axon/testing":"workspace:*"}}',
    );
    expect(planted("packages/attic/package.json", "{}")).toEqual([
      "packages/attic/package.json:1 is not on the map (scripts/house-map.ts)",
      "packages/db/package.json:1 lists @axon/core in dependencies, which packages/db may not",
    ]);
  });

  it("names a domain that calls a later one, goes past an index, or is called by what belongs to none", () => {
    put("packages/core/src/agents/bad.ts", 'import { x } from "../knowledge/index.ts";\n');
    put("packages/core/src/handoff/bad.ts", 'import { x } from "@axon/core/analytics";\nimport { y } from "../agents/create.ts";\n');
    put("packages/core/src/context.ts", 'import { x } from "./auth/index.ts";\n');
    expect(violations(tree)).toEqual([
      "packages/core/src/agents/bad.ts:1 imports the domain knowledge, which comes after agents",
      "packages/core/src/context.ts:1 imports the domain auth, but belongs to none itself",
      "packages/core/src/handoff/bad.ts:1 imports the domain analytics, which comes after handoff",
      "packages/core/src/handoff/bad.ts:2 imports packages/core/src/agents/create.ts past the index of agents",
    ]);
  });

  it("names what nobody writes, with its line", () => {
    const bad = [
      'export * from "./good.ts";',
      "const a = fine as any;",
      "vi.mock();",
      "console.log(process.env.HOME);",
      'import { env } from "node:process";',
      "await import(name);",
    ];
    expect(planted("packages/db/src/bad.ts", `${bad.join("\n")}\n`).map((line) => line.replace(/^.*bad\.ts:/, ""))).toEqual([
      "1 exports everything (export *)",
      "2 casts to any",
      "3 mocks a module (vi.mock)",
      "4 reads process.env",
      "5 imports node:process, where process.env hides",
      "6 imports a computed path, which nobody can check",
    ]);
  });

  it("names a file of more than 500 lines and not one of exactly 500", () => {
    put("apps/server/src/long.ts", "//\n".repeat(500));
    expect(planted("apps/server/src/longer.ts", "//\n".repeat(501))).toEqual(["apps/server/src/longer.ts:1 has 501 lines, more than 500"]);
  });

  it("is not fooled by words in comments, strings and templates", () => {
    const harmless = [
      '// import { x } from "@axon/api/router"; as any; process.env; export *',
      '/* vi.mock("x"); import("@axon/api") */',
      "export const a = 'import { x } from \"@axon/api/router\"';",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text for the checker
      "export const b = `import { x } from \"@axon/api/router\"; ${{ a: '}' }.a} process.env as any`;",
      "export const c = 4 / 2 / 1; // import 'x'",
    ];
    expect(planted("packages/db/src/fine.ts", `${harmless.join("\n")}\n`)).toEqual([]);
    expect(scanFile(harmless.join("\n")).imports).toEqual([]);
  });
});
