/**
 * Why a page could not be had, in a code for programs and a sentence for whoever asked for it.
 *
 * @module
 */
import type { WebErrorCode } from "@axon/contracts/web";

const sentences: Record<WebErrorCode, string> = {
  url_blocked: "This address may not be read: it is not one of the public web.",
  robots_denied: "The site asks robots not to read this page (robots.txt).",
  noindex: "The page asks to be left out of every index.",
  unreachable: "The site could not be reached, or broke off its answer.",
  timeout: "The site took too long to answer.",
  redirects: "The address leads on to others without end.",
  too_large: "The page is too large to be read.",
  unsupported_type: "What lies at this address is no page, text, PDF or Word document.",
  invalid: "What the site answered can't be read.",
  http_403: "The site does not let us read this page.",
  http_404: "There is no page at this address.",
  http_410: "The page at this address has been taken away.",
  http_429: "The site says that we ask too often.",
  http_4xx: "The site does not give this page.",
  http_5xx: "The site has trouble of its own.",
};

/** What may be otherwise a little later; the rest is so until somebody changes something. */
const passing: readonly WebErrorCode[] = ["unreachable", "timeout", "http_429", "http_5xx"];

/** A no to one address. `message` may be shown as it is: it holds nothing of what was found there. */
export class WebError extends Error {
  override readonly name = "WebError";
  readonly code: WebErrorCode;
  /** True when another try later may do. */
  readonly transient: boolean;

  constructor(code: WebErrorCode, message: string = sentences[code], options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.transient = passing.includes(code);
  }
}
