/**
 * What the fake OpenAI server may do to one request. Plain data, so that a script reads like a story.
 *
 * @module
 */

/** How a spoken text travels. */
export interface Pace {
  /** Characters in one chunk; 8 when left out. */
  pieceChars?: number;
  /** Wait before each chunk, in milliseconds; none when left out. */
  delayMs?: number;
  /** Send the raw bytes in slices this small: cuts through SSE lines and UTF-8 characters. */
  sliceBytes?: number;
}

export type Behaviour =
  | ({ kind: "speak"; text: string; finish: "stop" | "length" | "content_filter" } & Pace)
  | ({ kind: "refuse"; text: string } & Pace)
  /** An HTTP error with OpenAI's error body. */
  | { kind: "fail"; status: number; error: { message: string; type: string; code: string | null }; headers: Record<string, string> }
  /** Accepts the request and never says a byte. */
  | { kind: "stallAtOnce" }
  /** Speaks, then falls silent with the connection open. */
  | { kind: "stallAfter"; text: string }
  /** Speaks, then the connection breaks. */
  | { kind: "cutAfter"; text: string }
  /** Speaks, then sends a chunk that is not JSON. */
  | { kind: "breakAfter"; text: string }
  /** This body, whatever it is, with this status. */
  | { kind: "garbage"; body: string; contentType: string; status: number }
  /** A stream of exactly these chunks, as servers send that are not OpenAI; `[DONE]` at the end. */
  | { kind: "chunks"; chunks: readonly object[] }
  /** Well-formed, but without a single choice. */
  | { kind: "noChoices" };

/** Speaks a text as it is. `finish: "length"` is how a reply cut by max_tokens ends. */
export function says(text: string, options: Pace & { finish?: "stop" | "length" | "content_filter" } = {}): Behaviour {
  return { kind: "speak", text, finish: "stop", ...options };
}

/** Speaks the structured output that our provider asks for: JSON with `action` and `answer`. */
export function answers(answer: string, options: Pace & { action?: string } = {}): Behaviour {
  const { action = "answer", ...pace } = options;
  return says(JSON.stringify({ action, answer }), pace);
}

/** The model declines: the text comes in `refusal`, never in `content`, and the finish reason is `stop`. */
export function refuses(text = "I'm sorry, I can't assist with that request.", pace: Pace = {}): Behaviour {
  return { kind: "refuse", text, ...pace };
}

/** 429 that goes away: too many tokens or requests for now. */
export function rateLimited(retryAfterMs = 20): Behaviour {
  return {
    kind: "fail",
    status: 429,
    error: {
      message: "Rate limit reached for gpt-4o in organization org-test on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.",
      type: "tokens",
      code: "rate_limit_exceeded",
    },
    headers: { "retry-after-ms": String(retryAfterMs), "retry-after": String(Math.ceil(retryAfterMs / 1000)) },
  };
}

/** 429 that does not go away until somebody pays; must never be tried again. */
export function outOfQuota(): Behaviour {
  const message = "You exceeded your current quota, please check your plan and billing details.";
  return { kind: "fail", status: 429, error: { message, type: "insufficient_quota", code: "insufficient_quota" }, headers: {} };
}

/** Any other HTTP error: 500 and 503 when nothing more is said than the status. */
export function fails(status: number, error: Partial<{ message: string; type: string; code: string | null }> = {}): Behaviour {
  const usual =
    status === 503
      ? "The server is currently overloaded, please try again later."
      : "The server had an error while processing your request.";
  return { kind: "fail", status, error: { message: usual, type: "server_error", code: null, ...error }, headers: {} };
}

export function stallsAtOnce(): Behaviour {
  return { kind: "stallAtOnce" };
}

export function stallsAfter(text: string): Behaviour {
  return { kind: "stallAfter", text };
}

export function cutsAfter(text: string): Behaviour {
  return { kind: "cutAfter", text };
}

export function breaksAfter(text: string): Behaviour {
  return { kind: "breakAfter", text };
}

/** What a proxy in between says when it is unwell. */
export function garbage(body = "<html><body>Bad gateway</body></html>", contentType = "text/html", status = 200): Behaviour {
  return { kind: "garbage", body, contentType, status };
}

/** Chunks word for word: for what a compatible server leaves out or adds. Only for streamed requests. */
export function streams(...chunks: readonly object[]): Behaviour {
  return { kind: "chunks", chunks };
}

export function noChoices(): Behaviour {
  return { kind: "noChoices" };
}
