/**
 * Bytes to text: the declared encoding where it can be believed, the detected one everywhere else; refuses what is no text at all.
 *
 * @module
 */
import { DocumentError } from "../document-error.ts";
import { decodeBytes } from "./decode-bytes.ts";
import { byteOrderMark, detectEncoding, isUtf8 } from "./detect.ts";

/** Gives the text without byte order mark, lines ended by "\n", and the encoding used. Refuses binary data with `invalid`. */
export function decodeText(bytes: Uint8Array, declared?: string | null): { text: string; encoding: string } {
  const encoding = chooseEncoding(bytes, declared ?? null);
  const text = decodeBytes(bytes, encoding).replace(/\r\n?/g, "\n");
  refuseBinary(text);
  return { text, encoding };
}

function chooseEncoding(bytes: Uint8Array, declared: string | null): string {
  const marked = byteOrderMark(bytes);
  if (marked) return marked;
  const known = declared ? knownLabel(declared) : null;
  // Valid UTF-8 with non-ASCII signs is never an accident; pages that say otherwise are wrong about themselves.
  if (known === null || known === "utf-8" || known.startsWith("utf-16") || isUtf8(bytes)) return detectEncoding(bytes);
  return known;
}

function knownLabel(label: string): string | null {
  try {
    const { encoding } = new TextDecoder(label.trim());
    return encoding === "gbk" ? "gb18030" : encoding; // the same table, and more of it
  } catch {
    return null;
  }
}

/** Text has almost no control characters and almost no undecodable bytes; an image or a program has plenty. */
function refuseBinary(text: string): void {
  let odd = 0;
  const sample = text.slice(0, 65_536);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being counted.
  for (const _ of sample.matchAll(/[\u0000-\u0008\u000B\u000E-\u001A\u001C-\u001F\u007F-\u0084\u0086-\u009F\uFFFD]/g)) odd++;
  if (odd > Math.max(2, sample.length * 0.03)) throw new DocumentError("invalid");
}
