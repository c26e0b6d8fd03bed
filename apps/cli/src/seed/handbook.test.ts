import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { mimeOfName } from "@axon/client/mime";
import { describe, expect, it } from "vitest";
import { exampleQuestions } from "./questions.ts";

const handbook = fileURLToPath(new URL("../../handbook/", import.meta.url));

describe("the demo handbook", () => {
  it("has at least eight documents in at least five formats, all of which can be read", async () => {
    const names = await readdir(handbook);
    expect(names.length).toBeGreaterThanOrEqual(8);
    expect(names.filter((name) => mimeOfName(name) === null)).toEqual([]);
    expect(new Set(names.map(mimeOfName)).size).toBeGreaterThanOrEqual(5);
  });

  it("is asked about documents that it has, and about some that it has not", async () => {
    const names = await readdir(handbook);
    const documents = exampleQuestions.map(({ document }) => document);
    expect(documents.filter((document) => document !== null && !names.includes(document))).toEqual([]);
    expect(documents.filter((document) => document === null).length).toBeGreaterThanOrEqual(3);
  });
});
