/**
 * A page as a file: what it is called, and what tells its content from another.
 *
 * @module
 */
import { createHash } from "node:crypto";

const nameCharsMax = 255;

/** What the page is called, or the end of its address. */
export function nameOf({ title, url }: { title: string | null; url: string }): string {
  const { hostname, pathname } = new URL(url);
  const last = pathname.split("/").filter(Boolean).at(-1);
  return (title ?? (last === undefined ? hostname : decoded(last))).slice(0, nameCharsMax);
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
