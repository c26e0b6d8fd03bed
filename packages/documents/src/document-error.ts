/**
 * Why a document could not be read, in a code for programs and a sentence for the person who uploaded it.
 *
 * @module
 */
import type { DocumentErrorCode } from "@axon/contracts/knowledge";
import type { webErrorCodes } from "@axon/contracts/web";

/** What reading a file may end with; the trouble of fetching one, or of keeping it, is told by others. */
type FileErrorCode = Exclude<DocumentErrorCode, (typeof webErrorCodes)[number] | "plan_limit">;

const sentences: Record<FileErrorCode, string> = {
  empty: "The file is empty. Please upload a file that has content.",
  no_text: "The file has no text that can be read, for example because it is a scan. Please upload a version with selectable text.",
  encrypted: "The file is protected with a password. Please remove the password and upload it again.",
  invalid: "The file is damaged or is not of the type its name says. Please check that it opens on your computer and upload it again.",
  rejected: "The file was refused because unpacking it would take an unreasonable amount of space.",
  unsupported_type: "This type of file cannot be read. Please upload a PDF, Word (.docx), HTML, Markdown, text or CSV file.",
  too_large: "The file is too large to be read. Please split it into smaller files.",
  timeout: "Reading the file took too long. Please split it into smaller files or save it again in a simpler form.",
  out_of_memory: "Reading the file took too much memory. Please split it into smaller files.",
  upload_missing: "The file never arrived. Please upload it again.",
  embedding_failed: "The text could not be made searchable. Please try again later.",
  internal: "The file could not be read because of a problem on our side. Please try again later.",
};

/** A no to one document. `message` may be shown to a customer as it is; technical detail belongs in `cause`. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly code: FileErrorCode;
  constructor(code: FileErrorCode, message: string = sentences[code], options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** True for any of the codes of the contract: what comes over a process border is checked, not believed. */
export function isDocumentErrorCode(value: unknown): value is FileErrorCode {
  return typeof value === "string" && Object.hasOwn(sentences, value);
}
