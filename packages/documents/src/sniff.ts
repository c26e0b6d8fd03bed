/**
 * Decides what a file really is: its first bytes first, then what the uploader said, then the ending of its name.
 *
 * @module
 */
import { DocumentError } from "./document-error.ts";

export type Format = "pdf" | "docx" | "html" | "markdown" | "plain" | "csv";

const byMime: Record<string, Format> = {
  "application/pdf": "pdf",
  "application/x-pdf": "pdf",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "text/html": "html",
  "application/xhtml+xml": "html",
  "text/markdown": "markdown",
  "text/x-markdown": "markdown",
  "text/plain": "plain",
  "text/csv": "csv",
  "application/csv": "csv",
  "text/tab-separated-values": "csv",
};
const byEnding: Record<string, Format> = {
  pdf: "pdf",
  docx: "docx",
  html: "html",
  htm: "html",
  xhtml: "html",
  md: "markdown",
  markdown: "markdown",
  txt: "plain",
  text: "plain",
  log: "plain",
  csv: "csv",
  tsv: "csv",
};

/** Beginnings of files that are certainly neither text nor a document of ours. */
const foreign: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x47, 0x49, 0x46, 0x38],
  [0x1f, 0x8b],
  [0x7f, 0x45, 0x4c, 0x46],
  [0x52, 0x61, 0x72, 0x21],
  [0x37, 0x7a, 0xbc, 0xaf],
  [0xfd, 0x37, 0x7a, 0x58],
  [0x28, 0xb5, 0x2f, 0xfd],
];

/** Gives the format to read the bytes as. Refuses with `empty`, `unsupported_type`, `encrypted` (a locked Office file) or `invalid`. */
export function sniffFormat(bytes: Uint8Array, mime: string, name: string): Format {
  if (bytes.length === 0) throw new DocumentError("empty");
  const said = declaredFormat(mime, name);
  const head = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  if (/^(?:\u00EF\u00BB\u00BF)?\s*%PDF-/.test(head) || (said === "pdf" && head.includes("%PDF-"))) return "pdf";
  if (head.startsWith("PK\u0003\u0004") || head.startsWith("PK\u0005\u0006")) return "docx";
  if (head.startsWith("\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1")) throw compoundFile(bytes);
  if (foreign.some((magic) => magic.every((byte, i) => bytes[i] === byte))) throw new DocumentError(said ? "invalid" : "unsupported_type");
  if (said === null) throw new DocumentError("unsupported_type");
  if (said === "pdf" || said === "docx") {
    // A PDF whose very beginning is damaged can still be whole inside.
    if (said === "pdf" && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("startxref")) return "pdf";
    throw new DocumentError("invalid");
  }
  return said;
}

function declaredFormat(mime: string, name: string): Format | null {
  const type = mime.split(";")[0]?.trim().toLowerCase() ?? "";
  const ending = /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const said = Object.hasOwn(byMime, type) ? byMime[type] : undefined;
  const named = Object.hasOwn(byEnding, ending) ? byEnding[ending] : undefined;
  // Browsers call Markdown and CSV plain text, or nothing at all.
  if (said === "plain" && (named === "markdown" || named === "csv" || named === "html")) return named;
  if (said) return said;
  return type === "" || type === "application/octet-stream" || type.startsWith("text/") || type === "application/vnd.ms-excel"
    ? (named ?? null)
    : null;
}

/** The container of old Office files, and of new ones that are locked with a password. */
function compoundFile(bytes: Uint8Array): DocumentError {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.includes(Buffer.from("EncryptedPackage", "utf16le"))) return new DocumentError("encrypted");
  return new DocumentError(
    "unsupported_type",
    "Old Word files (.doc) cannot be read. Please save the document as .docx or PDF and upload it again.",
  );
}
