/**
 * TextDecoder, with one error of Node 20 put right: its `windows-1252` is really Latin-1, so curly quotes and € would become control signs.
 *
 * @module
 */

const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

/** Decodes leniently (U+FFFD for what cannot be read). With `cut`, a character cut off at the end is left out instead. */
export function decodeBytes(bytes: Uint8Array, encoding: string, cut = false): string {
  const text = new TextDecoder(encoding).decode(bytes, { stream: cut });
  if (encoding !== "windows-1252") return text;
  return text.replace(/[\u0080-\u009F]/g, (sign) => windows1252[sign.charCodeAt(0) - 0x80] ?? sign);
}
