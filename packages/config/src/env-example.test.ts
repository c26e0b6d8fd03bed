import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseEnv } from "./env.ts";
import { rawEnv } from "./env-schema.ts";

// Beside the repository's root, so found from this package and not from where the tests are started.
const lines = readFileSync(`${import.meta.dirname}/../../../.env.example`, "utf8").split("\n");
const example = Object.fromEntries(
  lines.filter((line) => /^[A-Z]/.test(line)).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
);

describe(".env.example", () => {
  it("lists every variable that is read, and none that is not", () => {
    expect(Object.keys(example).sort()).toEqual(Object.keys(rawEnv.shape).sort());
  });

  it("says something about each one on the line above it", () => {
    const silent = lines.filter((line, index) => /^[A-Z]/.test(line) && !lines[index - 1]?.startsWith("# "));
    expect(silent).toEqual([]);
  });

  it("makes a production server start once the secrets are filled in, and not before", () => {
    const secrets = { JWT_SECRET: "a".repeat(32), JWT_REFRESH_SECRET: "b".repeat(32), UPLOAD_SECRET: "c".repeat(32) };
    expect(parseEnv({ ...example, ...secrets }, "production").database.poolMax).toBe(10);
    expect(() => parseEnv(example, "production")).toThrow(/JWT_SECRET/);
  });
});
