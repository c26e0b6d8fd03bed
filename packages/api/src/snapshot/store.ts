/**
 * Where the accepted snapshot lies: `api.snapshot.json` beside this package's manifest.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ApiSnapshot } from "./take.ts";

const file = new URL("../../api.snapshot.json", import.meta.url);

/** What was accepted last, word for word; null when nothing was. */
export function readAccepted(): { snapshot: ApiSnapshot; text: string } | null {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, "utf8");
  return { snapshot: JSON.parse(text) as ApiSnapshot, text }; // safe: only writeAccepted writes this file
}

export function writeAccepted(snapshot: ApiSnapshot): void {
  writeFileSync(file, textOf(snapshot));
}

/** As it lies in the file: by name, so that a difference in order is none. */
export function textOf(snapshot: ApiSnapshot): string {
  const procedures = Object.fromEntries(Object.entries(snapshot.procedures).sort(([one], [other]) => (one < other ? -1 : 1)));
  return `${JSON.stringify({ ...snapshot, procedures }, null, 1)}\n`;
}
