/**
 * One planned answer on the wire: a status, headers, and the steps to play. Knows no OpenAI and no sockets.
 *
 * @module
 */
export type Step = { do: "send"; bytes: Buffer } | { do: "wait"; ms: number } | { do: "stall" } | { do: "cut" };

export interface WireReply {
  status: number;
  headers: Record<string, string>;
  steps: Step[];
}

export function send(text: string): Step {
  return { do: "send", bytes: Buffer.from(text) };
}

/** A whole JSON body in one piece. */
export function jsonReply(status: number, body: unknown, headers: Record<string, string> = {}): WireReply {
  return { status, headers: { "content-type": "application/json", ...headers }, steps: [send(JSON.stringify(body))] };
}

/** OpenAI's error body. */
export function errorReply(
  status: number,
  error: { message: string; type: string; code: string | null },
  headers: Record<string, string> = {},
): WireReply {
  return jsonReply(status, { error: { message: error.message, type: error.type, param: null, code: error.code } }, headers);
}

/** The same bytes in slices, with a breath between them so that they leave as packets of their own. */
export function sliced(steps: readonly Step[], sliceBytes: number): Step[] {
  const bytes = Buffer.concat(steps.map((step) => (step.do === "send" ? step.bytes : Buffer.alloc(0))));
  const slices: Step[] = [];
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    slices.push({ do: "send", bytes: bytes.subarray(at, at + sliceBytes) }, { do: "wait", ms: 0 });
  }
  return slices;
}
