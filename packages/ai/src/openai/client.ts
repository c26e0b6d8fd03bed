/**
 * The vendor's SDK, pointed at a server: OpenAI, a compatible one, or Azure by its address. Knows how each wants its key
 * and how it spells an error; what is asked of it is not its business.
 *
 * @module
 */
import OpenAI, { AzureOpenAI } from "openai";

export interface ClientOptions {
  apiKey: string;
  baseUrl: string | null;
  /** The longest any call may take. */
  timeoutMs: number;
}

/** Where calls go, read from one address. `deployment` is the chat deployment that an Azure address may name. */
export interface Address {
  kind: "openai" | "azure" | "azure-v1";
  /** null: OpenAI's own. */
  baseUrl: string | null;
  query: Record<string, string>;
  deployment: string | null;
}

/** Azure's versioned interface without a version in its address: the last one that was not a preview. */
const azureVersionDefault = "2024-10-21";
const azureHost = /\.(?:openai\.azure|cognitiveservices\.azure|services\.ai\.azure)\.(?:com|us|cn)$/;
/** Error text without a shape that we keep, in characters. */
const errorCharsMax = 2000;

/** The client. It tries once: time limits and tries are ours. */
export function createClient({ apiKey, baseUrl, timeoutMs }: ClientOptions): { client: OpenAI; deployment: string | null } {
  const address = readAddress(baseUrl);
  const common = {
    apiKey,
    ...(address.baseUrl !== null && { baseURL: address.baseUrl }),
    // The rest is read from the environment when left out; what the server was not told it must not send.
    organization: null,
    project: null,
    timeout: timeoutMs,
    maxRetries: 0,
    logLevel: "off" as const,
    fetch: plainErrors(fetch),
  };
  const { "api-version": version = azureVersionDefault, ...query } = address.query;
  if (address.kind === "azure") {
    return { client: new AzureOpenAI({ ...common, apiVersion: version, defaultQuery: query }), deployment: address.deployment };
  }
  const headers = address.kind === "azure-v1" ? { "api-key": apiKey, Authorization: null } : {};
  return { client: new OpenAI({ ...common, defaultHeaders: headers, defaultQuery: address.query }), deployment: null };
}

/**
 * Tells from an address what stands there. Azure has two interfaces: `…/openai/v1` takes the model's name in the body like
 * OpenAI; `…/openai/deployments/NAME?api-version=…` wants it in the path, so each model has an address of its own.
 */
export function readAddress(text: string | null): Address {
  if (text === null) return { kind: "openai", baseUrl: null, query: {}, deployment: null };
  const url = new URL(text);
  const query = Object.fromEntries(url.searchParams);
  const path = url.pathname.replace(/\/+$/, "").replace(/\/(?:chat\/completions|embeddings)$/, "");
  const versioned = /^(.*\/openai)(?:\/deployments(?:\/([^/]+))?)?$/.exec(path);
  const atAzure = azureHost.test(url.hostname);
  if (versioned && (query["api-version"] !== undefined || path.includes("/openai/deployments"))) {
    const deployment = versioned[2] === undefined ? null : decodeURIComponent(versioned[2]);
    return { kind: "azure", baseUrl: `${url.origin}${versioned[1]}`, query, deployment };
  }
  if (!atAzure) return { kind: "openai", baseUrl: `${url.origin}${path}`, query, deployment: null };
  return { kind: "azure-v1", baseUrl: `${url.origin}${path.endsWith("/openai/v1") ? path : "/openai/v1"}`, query, deployment: null };
}

/**
 * Servers spell errors in ways of their own (`{"detail": …}`, `{"message": …}`), and the SDK keeps only what stands under
 * `error`. Their words are put there, because they say which parameter was refused.
 */
function plainErrors(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    if (response.ok || !/json/.test(response.headers.get("content-type") ?? "")) return response;
    const text = await response.text();
    const { status, statusText, headers } = response;
    return new Response(withError(text), { status, statusText, headers });
  };
}

function withError(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || "error" in body) return text;
    return JSON.stringify({ error: { message: text.slice(0, errorCharsMax), ...("param" in body && { param: body.param }) } });
  } catch {
    return text; // Not JSON after all: the SDK takes it as the message.
  }
}
