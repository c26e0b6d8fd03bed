import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Proof {
  file: string;
  test: string;
}

/** The rows of the table of chapters: the cells of each line between its head and the next heading. */
function rowsOf(text: string): string[][] {
  const [, section = ""] = text.split("\n| chapter | what Axon does | proved by |\n");
  const lines = section.split("\n## ", 1)[0]?.split("\n") ?? [];
  return lines
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| *| *\|$/g, "")));
}

/** What a cell names: a file in backticks, and the tests after it in “quotes”. */
function proofsIn(cell: string): Proof[] {
  return cell.split(/(?=`[\w./-]+\.test\.ts`)/).flatMap((part) => {
    const [, file] = /^`([\w./-]+\.test\.ts)`/.exec(part) ?? [];
    return file === undefined ? [] : [...part.matchAll(/“([^”]+)”/g)].map(([, test = ""]) => ({ file, test }));
  });
}

/** True where `source` has a test or a group of tests of that name. */
function hasTest(source: string, name: string): boolean {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`\\(\\s*(["'\`])${escaped}\\1\\s*,`).test(source);
}

/** Each proof that cannot be found, as a sentence. */
function missing(proofs: readonly Proof[], read: (file: string) => string | null): string[] {
  return proofs.flatMap(({ file, test }) => {
    const source = read(file);
    if (source === null) return [`${file} is gone`];
    return hasTest(source, test) ? [] : [`${file} has no test “${test}”`];
  });
}

describe("docs/security.md", () => {
  const rows = rowsOf(readFileSync(join(root, "docs/security.md"), "utf8"));
  const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : null);

  it("names tests that there are", () => {
    expect(
      missing(
        rows.flatMap(([, , cell = ""]) => proofsIn(cell)),
        read,
      ),
    ).toEqual([]);
  });

  it("goes through all seventeen chapters, and says of each line what proves it or that nothing does", () => {
    const chapters = rows.flatMap(([cell = ""]) => /^\*\*(V\d+)\*\*/.exec(cell)?.[1] ?? []);
    expect(chapters).toEqual(Array.from({ length: 17 }, (_, position) => `V${position + 1}`));
    for (const [, what, cell = ""] of rows) expect([what, proofsIn(cell).length > 0 || cell === "no test"]).toEqual([what, true]);
  });
});

describe("the look at docs/security.md", () => {
  const source =
    'it("works", () => {});\nit.each([\n  1,\n])(\n  "counts %d",\n  () => {},\n);\nit(`takes "all"`, () => {});\nconst word = "fails";';
  const read = (file: string) => (file === "a/b.test.ts" ? source : null);

  it("finds tests however they are written", () => {
    const proofs = proofsIn('`a/b.test.ts` “works”, “counts %d”, “takes "all"” (and more)');
    expect(proofs.map(({ test }) => test)).toEqual(["works", "counts %d", 'takes "all"']);
    expect(missing(proofs, read)).toEqual([]);
  });

  it("names a test that is gone or was only mentioned, and a file that is gone", () => {
    const proofs = proofsIn("`a/b.test.ts` “work”, “fails”; `a/c.test.ts` “works”");
    expect(missing(proofs, read)).toEqual(["a/b.test.ts has no test “work”", "a/b.test.ts has no test “fails”", "a/c.test.ts is gone"]);
  });
});
