/**
 * Which kind of file a name stands for.
 *
 * @module
 */
import { documentMimes } from "@axon/contracts/knowledge";

/** The type that a file name's ending stands for, null when it is none that can be read. */
export function mimeOfName(name: string): string | null {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  for (const [mime, endings] of Object.entries(documentMimes)) if (endings.some((known) => known === ending)) return mime;
  return null;
}
