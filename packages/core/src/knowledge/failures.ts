/**
 * What a broken ingestion means: the document's end, with a code and a sentence for whoever uploaded it, or another try.
 *
 * @module
 */
import { wasGivenBack } from "@axon/contracts/jobs";
import { type DocumentErrorCode, documentErrorCodes } from "@axon/contracts/knowledge";
import { Refusal } from "../errors.ts";

export interface Failure {
  code: DocumentErrorCode;
  message: string;
}

/** Said where no parser found words of its own. An error's own message may hold what callers shouldn't see. */
const sentences = {
  no_text: "The file has no text that can be read.",
  upload_missing: "The file is not there any more. Please upload it again.",
  too_large: "The file is too large to be read. Please split it into smaller files.",
  timeout: "Reading the document took too long. Please split it into smaller files.",
  embedding_failed: "The text could not be made searchable. Please try again later.",
  internal: "Something went wrong on our side while reading this document.",
} as const satisfies Partial<Record<DocumentErrorCode, string>>;

/** A failure in our own words. */
export function failure(code: keyof typeof sentences): Failure {
  return { code, message: sentences[code] };
}

/** The document holds nothing that could be searched. */
export class NothingToSearch extends Error {
  override readonly name = "NothingToSearch";
}

/**
 * How the document ends because of `error`; null when it should be tried again. The fault of a file ends it at once,
 * ours only at the last try, and being told to stop is no fault at all.
 */
export function failureOf(error: unknown, { signal, lastTry }: { signal: AbortSignal; lastTry: boolean }): Failure | null {
  // Whatever a parser or an embedder calls it, the stopping is why it failed.
  if (signal.aborted) return lastTry && !wasGivenBack(signal) ? failure("timeout") : null;
  if (!(error instanceof Error)) return lastTry ? failure("internal") : null;
  const code = "code" in error ? error.code : null;
  if (error instanceof NothingToSearch) return failure("no_text");
  if (error instanceof Refusal && error.reason === "plan_limit") return { code: "plan_limit", message: error.message };
  // A page that could not be fetched; trouble that may pass is tried again.
  const passing = error.name === "WebError" && "transient" in error && error.transient === true && !lastTry;
  if ((error.name === "DocumentError" && code !== "internal") || (error.name === "WebError" && !passing)) {
    const known = documentErrorCodes.find((one) => one === code);
    if (known) return { code: known, message: error.message };
  }
  if (error.name === "StorageError" && code === "missing") return failure("upload_missing");
  if (error.name === "StorageError" && code === "too_large") return failure("too_large");
  if (!lastTry) return null;
  return failure(error.name === "AiError" ? "embedding_failed" : "internal");
}
