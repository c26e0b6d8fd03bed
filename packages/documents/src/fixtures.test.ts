import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DocumentError } from "./document-error.ts";
import { readDocument } from "./read-document.ts";

/** Real and hostile files that lie beside the checkout on some machines; their licences do not let us carry them along. */
const folder = new URL("../../../../shared/docs/", import.meta.url);
const manifest = new URL("manifest.json", folder);

interface Expectation {
  file: string;
  mime: string;
  expect: string;
  encoding?: string;
  mustContain?: string[];
  mustContainNFKC?: string[];
  rowMustStayTogether?: string[][];
}
// safe: the manifest is part of the folder and has this shape
const files = existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as Expectation[]) : [];

describe.skipIf(files.length === 0)("files from the world outside", () => {
  it.each(files)("$file ends as $expect", async ({ file, mime, ...expected }) => {
    const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
    const outcome = await readDocument({ bytes, mime, name: file }).catch((error: unknown) => error);
    if (expected.expect === "any") {
      expect(outcome instanceof DocumentError || (outcome !== null && typeof outcome === "object" && "blocks" in outcome)).toBe(true);
      return;
    }
    if (expected.expect !== "text") {
      expect(outcome).toBeInstanceOf(DocumentError);
      expect(outcome).toMatchObject({ code: expected.expect });
      return;
    }
    expect(outcome).toMatchObject({ chars: expect.any(Number), ...(expected.encoding ? { encoding: expected.encoding } : {}) });
    const text = (outcome as Awaited<ReturnType<typeof readDocument>>).blocks.map((block) => block.text).join("\n"); // safe: checked above
    for (const word of [...(expected.mustContain ?? []), ...(expected.mustContainNFKC ?? [])]) expect(text).toContain(word);
    for (const row of expected.rowMustStayTogether ?? []) {
      expect(text.split("\n").some((line) => row.every((cell) => line.includes(cell)))).toBe(true);
    }
  });
});
