/**
 * The migrated database this test run prepared, so that a test need not make a cluster from nothing.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    embeddedDumpPath: string | null;
  }
}

/** For `openEmbedded`. Throws when the run could not prepare one. */
export async function preparedDump(): Promise<Blob> {
  return new Blob([await readFile(preparedDumpPath())]);
}

export function preparedDumpPath(): string {
  const path = inject("embeddedDumpPath");
  if (path === null) throw new Error("this run has no embedded database to copy; its setup said why");
  return path;
}
