/**
 * What was found at an address, and how its letters are written.
 *
 * @module
 */
import { type DocumentMime, documentMime, documentMimes } from "@axon/contracts/knowledge";
import { WebError } from "./web-error.ts";

/** The page's text. `recoded`: only the header said how it is written, so its bytes alone would be read wrongly. */
export function decodePage(bytes: Uint8Array, contentType: string): { text: string; recoded: boolean } {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString("latin1");
  const inside = /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,40})/i.exec(head)?.[1];
  const outside = /charset\s*=\s*["']?([\w-]{2,40})/i.exec(contentType)?.[1];
  const name = outside ?? inside ?? "utf-8";
  try {
    const text = new TextDecoder(name).decode(bytes);
    return { text, recoded: inside === undefined && !/^utf-?8$/i.test(name) };
  } catch {
    return { text: new TextDecoder().decode(bytes), recoded: false };
  }
}

/** What the site says it is, where that is one of our types; else what its bytes or the end of its address say. Throws `WebError` `unsupported_type`. */
export function mimeOf(contentType: string, url: URL, bytes: Uint8Array): DocumentMime {
  const said = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  if (said === "application/xhtml+xml") return "text/html";
  if (said === "text/x-markdown") return "text/markdown";
  const known = documentMime.safeParse(said);
  const ending = url.pathname.split(".").at(-1)?.toLowerCase() ?? "";
  const byEnding = Object.entries(documentMimes).find(([, endings]) => (endings as readonly string[]).includes(ending))?.[0]; // safe: widened to compare
  if (known.success) {
    // Many servers call every text plain.
    return known.data === "text/plain" && (byEnding === "text/markdown" || byEnding === "text/csv") ? byEnding : known.data;
  }
  if (said !== "" && said !== "application/octet-stream" && said !== "binary/octet-stream") throw new WebError("unsupported_type");
  if (Buffer.from(bytes.subarray(0, 5)).toString("latin1") === "%PDF-") return "application/pdf";
  if (/^\s*<(?:!doctype html|html)/i.test(Buffer.from(bytes.subarray(0, 512)).toString("latin1"))) return "text/html";
  const guessed = documentMime.safeParse(byEnding);
  if (!guessed.success) throw new WebError("unsupported_type");
  return guessed.data;
}
