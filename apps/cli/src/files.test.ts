import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFiles } from "./files.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "axon-files-"));
  await mkdir(join(folder, "docs", "deep"), { recursive: true });
  await mkdir(join(folder, "docs", ".hidden"));
  for (const [name, text] of Object.entries({
    "docs/a.md": "a",
    "docs/deep/b.pdf": "b",
    "docs/song.mp3": "c",
    "docs/.hidden/secret.md": "d",
    "empty.txt": "",
    "c.txt": "c",
  }))
    await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true }));
const names = async (...paths: string[]) => (await findFiles(paths, folder)).files.map(({ name }) => name);

describe("finding files to ingest", () => {
  it("takes a folder with all below it, leaving out hidden ones and kinds it can't read", async () => {
    const found = await findFiles(["docs"], folder);
    expect(found.files.map(({ name, mime }) => [name, mime])).toEqual([
      ["a.md", "text/markdown"],
      ["deep/b.pdf", "application/pdf"],
    ]);
    expect(found).toMatchObject({ passedOver: 1, unfit: [] });
  });

  it("understands patterns that no shell has expanded", async () => {
    expect(await names("docs/**/*.pdf")).toEqual(["deep/b.pdf"]);
    expect(await names("docs/*")).toEqual(["a.md"]);
    expect(await names("?.txt")).toEqual(["c.txt"]);
  });

  it("takes a file once, however often it is meant", async () => {
    expect(await names("docs/a.md", "docs", "docs/*.md")).toEqual(["a.md", "deep/b.pdf"]);
  });

  it("says why a named file can't be taken", async () => {
    const { unfit } = await findFiles(["docs/song.mp3", "empty.txt", "nowhere.pdf", "docs/*.docx"], folder);
    expect(unfit.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("can't be read"),
      "the file is empty",
      "nothing found here",
      "nothing found here",
    ]);
  });
});
