/**
 * Calls as they look on the wire, without our client: status and exact bytes, and what a stream says first.
 *
 * @module
 */
export interface Caller {
  token?: string | undefined;
  workspaceId?: string | undefined;
}

export interface Answer {
  status: number;
  /** The body as it came, but for the request's own id. */
  text: string;
  /** Of an error; null otherwise. */
  code: string | null;
  reason: string | null;
}

export type Kind = "query" | "mutation" | "subscription";

/** How long a stream that says nothing is listened to. */
const silenceMs = 1_500;

export async function call(url: string, kind: Kind, path: string, input: unknown, caller: Caller = {}): Promise<Answer> {
  const address = `${url}/trpc/${path}`;
  if (kind === "mutation") {
    const response = await fetch(address, {
      method: "POST",
      headers: { ...headersOf(caller), "content-type": "application/json" },
      body: JSON.stringify(input ?? {}),
    });
    return toAnswer(response.status, await response.text());
  }
  const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  if (kind === "query") {
    const response = await fetch(address + query, { headers: headersOf(caller) });
    return toAnswer(response.status, await response.text());
  }
  const listening = new AbortController();
  const [first] = await readStream(address + query, {
    headers: headersOf(caller),
    signal: listening.signal,
    until: (events) => events.length > 0,
    patienceMs: silenceMs,
  });
  listening.abort();
  return toAnswer(200, first?.data ?? "");
}

/** One request as it looks over REST: `url` from `/v1` on. */
export async function callRest(
  base: string,
  request: { method: string; url: string; body: unknown },
  caller: Caller = {},
): Promise<Answer> {
  const { method, url, body } = request;
  const response = await fetch(base + url, {
    method,
    headers: { ...headersOf(caller), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return toAnswer(response.status, await response.text());
}

export function headersOf({ token, workspaceId }: Caller): Record<string, string> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(workspaceId === undefined ? {} : { "x-workspace-id": workspaceId }),
  };
}

export interface ServerSentEvent {
  event: string;
  id: string | null;
  data: string;
}

/** Reads a stream of server-sent events until there are enough, nothing more comes for a while, or it ends. */
export async function readStream(
  address: string,
  options: { headers: Record<string, string>; signal?: AbortSignal; until: (events: ServerSentEvent[]) => boolean; patienceMs: number },
): Promise<ServerSentEvent[]> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopped.signal, ...(options.signal ? [options.signal] : [])]);
  const patience = setTimeout(() => stopped.abort(), options.patienceMs);
  const events: ServerSentEvent[] = [];
  let rest = "";
  try {
    const response = await fetch(address, { headers: { ...options.headers, accept: "text/event-stream" }, signal });
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      rest += decoder.decode(bytes, { stream: true });
      const blocks = rest.split("\n\n");
      rest = blocks.pop() ?? "";
      events.push(...blocks.map(toEvent).filter((event) => event !== null));
      if (options.until(events)) break;
      patience.refresh();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(patience);
    stopped.abort();
  }
  return events;
}

/** Null for what only keeps the line open. */
function toEvent(block: string): ServerSentEvent | null {
  const lines = block.split("\n");
  const field = (name: string) => lines.flatMap((line) => (line.startsWith(`${name}:`) ? [line.slice(name.length + 1).trimStart()] : []));
  const event = field("event")[0] ?? "message";
  const data = field("data").join("\n");
  return data === "" || event === "connected" || event === "ping" ? null : { event, id: field("id")[0] ?? null, data };
}

function toAnswer(status: number, body: string): Answer {
  const text = body.replace(/"requestId":"[^"]*"/, '"requestId":"…"');
  return { status, text, code: /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? null, reason: /"reason":"([a-z_]+)"/.exec(text)?.[1] ?? null };
}
