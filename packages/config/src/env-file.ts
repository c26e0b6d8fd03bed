/**
 * Reads a `.env` file beside the real environment. It changes nothing in the process.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseEnv as parseEnvText } from "node:util";
import type { EnvSource } from "./env-rules.ts";

/** Gives `source` with what only the file at `path` sets added; what is really set wins. No file is no error. */
export function withEnvFile(source: EnvSource, path: string): EnvSource {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { ...source };
    throw error;
  }
  const set = Object.entries(source).filter(([, value]) => value !== undefined && value !== "");
  return { ...parseEnvText(content), ...Object.fromEntries(set) };
}
