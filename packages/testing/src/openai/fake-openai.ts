/**
 * A stand-in for the OpenAI API that speaks its protocol over a loopback port, so that tests drive the real SDK.
 *
 * It is scripted per request and records all it was asked. It knows nothing of our prompts: what a model would have made
 * of them is for the script to say.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { answers, type Behaviour } from "./behaviours.ts";
import { type ChatRequest, chatReply } from "./chat-wire.ts";
import { embeddingsReply } from "./embeddings-wire.ts";
import { errorReply, type WireReply } from "./wire.ts";

const bodyBytesMax = 32 * 1024 * 1024;
const vectorLengthDefault = 1536;
/** With nothing to quote. */
const defaultAnswer = "This is what the documents say. [1]";

/** The first sentence of the first passage in the prompt, as a model that keeps to its sources would begin. */
function quoted(promptText: string): string {
  // The messages as JSON: a line ends with a backslash and an n.
  const [, text] = /\\n\[1\] .*?\\n(.+?)(?:\\n|")/u.exec(promptText) ?? [];
  const [sentence] = text?.match(/^.*?[.!?。](?=\s|$)/u) ?? [text];
  return sentence === undefined ? defaultAnswer : `${sentence} [1]`;
}

export interface RecordedRequest {
  endpoint: "chat" | "embeddings" | "unknown";
  path: string;
  headers: Record<string, string>;
  /** The parsed JSON body; null when it was not JSON. */
  body: Record<string, unknown> | null;
  /** How it ended: `clientLeft` when the caller hung up before the answer was complete. */
  outcome: "open" | "answered" | "cut" | "clientLeft";
}

export interface FakeOpenAi {
  /** For the SDK's `baseURL`, with `/v1`. */
  readonly baseUrl: string;
  /** Any key is taken; this one will do. */
  readonly apiKey: string;
  /** Everything asked so far, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Queues behaviours for the next chat requests, one each, in order of arrival. Used before any rule. */
  script(behaviours: readonly Behaviour[]): void;
  /** The same for the next embedding requests. Only `fail`, `garbage` and `stallAtOnce` make sense there. */
  scriptEmbeddings(behaviours: readonly Behaviour[]): void;
  /** From now on the embedding model gives vectors of this length when it is not asked for another. */
  giveVectorsOf(length: number): void;
  /** A standing rule for chat requests that no script step is left for; the newest rule that matches wins. */
  when(matches: (request: RecordedRequest) => boolean, behaviour: Behaviour | ((request: RecordedRequest) => Behaviour)): void;
  /** Forgets scripts, rules and recorded requests. Requests under way go on. */
  reset(): void;
  /** Hangs up on everyone and closes the port. */
  close(): Promise<void>;
}

type Rule = Parameters<FakeOpenAi["when"]>;

/**
 * Starts a fake on a free loopback port. Without a script a chat request gets `{"action":"answer","answer":"…[1]"}`
 * and an embeddings request gets vectors made from its words.
 */
export async function createFakeOpenAi(): Promise<FakeOpenAi> {
  const requests: RecordedRequest[] = [];
  const scripts: Record<"chat" | "embeddings", Behaviour[]> = { chat: [], embeddings: [] };
  const rules: Rule[] = [];
  let served = 0;
  let vectorLength = vectorLengthDefault;

  const plan = (request: RecordedRequest): WireReply => {
    if (!/^Bearer \S/.test(request.headers.authorization ?? "") && !request.headers["api-key"]) {
      return errorReply(401, { message: "You didn't provide an API key.", type: "invalid_request_error", code: "invalid_api_key" });
    }
    if (request.endpoint === "unknown")
      return errorReply(404, { message: `Invalid URL (POST ${request.path})`, type: "invalid_request_error", code: "unknown_url" });
    if (request.body === null)
      return errorReply(400, { message: "We could not parse the JSON body of your request.", type: "invalid_request_error", code: null });
    served += 1;
    const id = `chatcmpl-fake${served}`;
    if (request.endpoint === "embeddings") {
      const scripted = scripts.embeddings.shift();
      return scripted
        ? chatReply(scripted, { ...readChat({}), stream: false }, id)
        : embeddingsReply(readEmbeddings(request.body), vectorLength);
    }
    return chatReply(
      scripts.chat.shift() ?? ruled(rules, request) ?? answers(quoted(readChat(request.body).promptText)),
      readChat(request.body),
      id,
    );
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response, requests, plan).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo; // safe: a TCP server that listens has an address with a port

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    apiKey: "sk-fake-key-for-tests",
    requests,
    script: (behaviours) => void scripts.chat.push(...behaviours),
    scriptEmbeddings: (behaviours) => void scripts.embeddings.push(...behaviours),
    when: (...rule) => void rules.unshift(rule),
    giveVectorsOf: (length) => {
      vectorLength = length;
    },
    reset: () => {
      vectorLength = vectorLengthDefault;
      for (const list of [requests, scripts.chat, scripts.embeddings, rules]) list.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  requests: RecordedRequest[],
  plan: (request: RecordedRequest) => WireReply,
): Promise<void> {
  const left = new AbortController();
  const path = incoming.url ?? "/";
  const request: RecordedRequest = {
    endpoint: endpointOf(path),
    path,
    headers: plainHeaders(incoming),
    body: await readBody(incoming),
    outcome: "open",
  };
  requests.push(request);
  response.once("close", () => {
    if (request.outcome === "open") request.outcome = "clientLeft";
    left.abort();
  });
  try {
    await play(plan(request), request, response, left.signal);
  } catch (error) {
    if (!left.signal.aborted) throw error;
  }
}

async function play(reply: WireReply, request: RecordedRequest, response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.socket?.setNoDelay(true);
  for (const step of reply.steps) {
    if (signal.aborted) return;
    if (step.do === "stall") return untilAborted(signal);
    if (step.do === "cut") {
      request.outcome = "cut";
      return void response.destroy();
    }
    if (step.do === "wait") await (step.ms > 0 ? setTimeout(step.ms, undefined, { signal }) : setImmediate(undefined, { signal }));
    else {
      if (!response.headersSent) response.writeHead(reply.status, { "x-request-id": "req_fake", ...reply.headers });
      response.write(step.bytes);
    }
  }
  request.outcome = "answered";
  response.end();
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function ruled(rules: readonly Rule[], request: RecordedRequest): Behaviour | undefined {
  const behaviour = rules.find(([matches]) => matches(request))?.[1];
  return typeof behaviour === "function" ? behaviour(request) : behaviour;
}

function endpointOf(path: string): RecordedRequest["endpoint"] {
  const { pathname } = new URL(path, "http://fake");
  // OpenAI's paths and Azure's.
  const [, endpoint] = /^\/(?:v1|openai\/v1|openai\/deployments\/[^/]+)\/(chat\/completions|embeddings)$/.exec(pathname) ?? [];
  return endpoint === "chat/completions" ? "chat" : endpoint === "embeddings" ? "embeddings" : "unknown";
}

function plainHeaders(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
}

async function readBody(incoming: IncomingMessage): Promise<Record<string, unknown> | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    // safe: no encoding is set on the request, so its chunks are buffers
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`request body over ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : null;
  } catch {
    return null; // Told to the caller as a 400, as the real server does.
  }
}

function readChat(body: Record<string, unknown>): ChatRequest {
  const options = body.stream_options;
  return {
    model: String(body.model ?? "gpt-4o"),
    stream: body.stream === true,
    includeUsage: typeof options === "object" && options !== null && "include_usage" in options && options.include_usage === true,
    logprobs: body.logprobs === true,
    promptText: JSON.stringify(body.messages ?? []),
  };
}

function readEmbeddings(body: Record<string, unknown>) {
  const input = Array.isArray(body.input) ? body.input.map(String) : [String(body.input ?? "")];
  return {
    model: String(body.model ?? "text-embedding-3-small"),
    input,
    base64: body.encoding_format === "base64",
    dimensions: typeof body.dimensions === "number" ? body.dimensions : undefined,
  };
}
