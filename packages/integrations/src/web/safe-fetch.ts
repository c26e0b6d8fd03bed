/**
 * One page of the public web, and nothing else: every address and every redirect is judged before it is asked, the
 * connection goes to what was judged, and size, time and steps have an end. Sends no cookie and nobody's credentials, and asks no proxy.
 *
 * @module
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { acceptedEncodings, readBody } from "./body.ts";
import { findTarget, type Target, type TargetPolicy } from "./target.ts";
import { WebError } from "./web-error.ts";

/** Who we are, to the sites that we read. */
export const userAgent = "AxonBot/1.0 (reads this site for its owner's customer support)";

/** Steps from one address to another. */
const redirectsMax = 5;
const headerBytesMax = 32 * 1024;

export interface FetchTimes {
  /** Until the first byte of the answer, in milliseconds. */
  answerMs: number;
  /** Until its last one, redirects included. */
  wholeMs: number;
}
export const usualTimes: FetchTimes = { answerMs: 15_000, wholeMs: 45_000 };

export interface FetchRequest {
  bytesMax: number;
  /** What to say beside who we are: `if-none-match` and the like. */
  headers?: Record<string, string>;
  /** `tell`: a redirect is an answer. */
  redirects: "follow" | "tell";
  /** Asked before each address, the first included; throws for one that is not to be read. */
  before?(url: URL): Promise<void>;
  signal: AbortSignal;
}

export interface Fetched {
  /** Where it was found in the end. */
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  /** Empty unless the status is 200. */
  bytes: Uint8Array;
  /** Where a redirect leads to; null for every other answer. */
  movedTo: string | null;
}

/** Gives what the site answered, whatever its status. Throws `WebError` for what could not or may not be had. */
export async function safeFetch(policy: TargetPolicy, times: FetchTimes, text: string, request: FetchRequest): Promise<Fetched> {
  const late = AbortSignal.timeout(times.wholeMs);
  const signal = AbortSignal.any([request.signal, late]);
  try {
    return await followed(policy, times, text, { ...request, signal });
  } catch (error) {
    request.signal.throwIfAborted();
    if (late.aborted) throw new WebError("timeout", undefined, { cause: error });
    if (error instanceof WebError) throw error;
    throw new WebError("unreachable", undefined, { cause: error });
  }
}

async function followed(policy: TargetPolicy, times: FetchTimes, text: string, request: FetchRequest): Promise<Fetched> {
  let next = text;
  for (let step = 0; step <= redirectsMax; step++) {
    const target = await unlessAborted(findTarget(next, policy), request.signal);
    await request.before?.(target.url);
    const answer = await ask(target, times, request);
    if (answer.movedTo === null || request.redirects === "tell") return answer;
    next = answer.movedTo;
  }
  throw new WebError("redirects");
}

async function ask(target: Target, times: FetchTimes, { bytesMax, headers, signal }: FetchRequest): Promise<Fetched> {
  const { url } = target;
  const response = await open(target, times, { ...headers }, signal);
  try {
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) {
      if (!URL.canParse(location, url.href)) throw new WebError("invalid", "The site leads on to what is no address.");
      return { url, status, headers: response.headers, bytes: new Uint8Array(), movedTo: new URL(location, url).href };
    }
    const bytes = status === 200 ? await readBody(response, bytesMax) : new Uint8Array();
    return { url, status, headers: response.headers, bytes, movedTo: null };
  } finally {
    // Nothing is left to come, or nothing that is wanted.
    response.destroy();
  }
}

function open(
  { url, addresses }: Target,
  times: FetchTimes,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  // Names were resolved and judged before; whoever asks again gets the same answer.
  const lookup: LookupFunction = (_name, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, addresses);
    else if (first) done(null, first.address, first.family);
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? secureRequest : plainRequest)(url, {
      agent: false,
      lookup,
      signal,
      maxHeaderSize: headerBytesMax,
      headers: { ...headers, "user-agent": userAgent, "accept-encoding": acceptedEncodings, connection: "close" },
    });
    const timer = setTimeout(() => request.destroy(new WebError("timeout")), times.answerMs);
    request.once("response", resolve);
    // Not once: what comes after the first is nobody's news, and must not end the process.
    request.on("error", reject);
    // A server that wants to go over to another protocol (101) is hung up on without an answer or an error.
    request.once("close", () => reject(new Error("the site hung up without an answer")));
    for (const end of ["response", "close"]) request.once(end, () => clearTimeout(timer));
    request.end();
  });
}

/** Name servers can't be told to stop; nobody waits for one longer than for the rest. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
