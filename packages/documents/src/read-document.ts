/**
 * A file's bytes in, text blocks out, in this process and without a clock: to be called where it can be killed, see `parser.ts`.
 *
 * @module
 */
import { BlockList } from "./block-list.ts";
import { DocumentError } from "./document-error.ts";
import { readDocx } from "./docx/read-docx.ts";
import { decodeText } from "./encoding/decode.ts";
import { inputBytesMax } from "./limits.ts";
import type { DocumentInput, ParsedDocument } from "./parsed-document.ts";
import { readPdf } from "./pdf/read-pdf.ts";
import { readCsv } from "./readers/csv.ts";
import { declaredCharset, readHtml } from "./readers/html.ts";
import { readMarkdown } from "./readers/markdown.ts";
import { readPlain } from "./readers/plain.ts";
import { type Format, sniffFormat } from "./sniff.ts";
import { cleanText, countWordCharacters } from "./text.ts";

/** Letters and digits under which a file counts as having no text: a scan often carries a stray sign or two. */
const wordCharactersMin = 3;

/** Reads one document. Every refusal is a `DocumentError`; any other error is a defect of ours. */
export async function readDocument({ bytes, mime, name }: DocumentInput): Promise<ParsedDocument> {
  if (bytes.length > inputBytesMax) throw new DocumentError("too_large");
  const format = sniffFormat(bytes, mime, name);
  const out = new BlockList();
  const read =
    format === "pdf"
      ? await readPdf(bytes, out)
      : format === "docx"
        ? { title: await readDocx(bytes, out), pages: null }
        : readText(bytes, format, out);
  refuseWithoutText(out, format);
  const { title, ...rest } = read;
  return { title: title ? cleanText(title).trim() || null : null, blocks: out.blocks, chars: out.chars, ...rest };
}

function readText(
  bytes: Uint8Array,
  format: Exclude<Format, "pdf" | "docx">,
  out: BlockList,
): { title: string | null; pages: null; encoding: string } {
  const { text, encoding } = decodeText(bytes, format === "html" ? declaredCharset(bytes) : null);
  if (text.trim() === "") throw new DocumentError("empty");
  let title: string | null = null;
  if (format === "html") title = readHtml(text, out);
  else if (format === "markdown") title = readMarkdown(text, out);
  else if (format === "csv") readCsv(text, out);
  else readPlain(text, out);
  return { title, pages: null, encoding };
}

function refuseWithoutText(out: BlockList, format: Format): void {
  let found = 0;
  for (const block of out.blocks) {
    found += countWordCharacters(block.text, wordCharactersMin);
    if (found >= wordCharactersMin) return;
  }
  // A text file of one letter is short, not unreadable; in a scan the same letter is dust.
  if (found > 0 && format !== "pdf") return;
  throw new DocumentError("no_text");
}
