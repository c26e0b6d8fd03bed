/**
 * The ways in, each given inputs and asked one thing: was there an answer that says "we are broken"?
 *
 * @module
 */
import { connect } from "node:net";
import { WebSocket } from "ws";

export interface Target {
  url: string;
  token: string;
  workspaceId: string;
}

/** Told of what came back. */
export interface Watch {
  /** An answer that must not be: which door, what was sent, what came back. */
  fault(fault: { door: string; sent: string; got: string }): void;
  /** What each call was told: `ok`, or the reason of the no. So a run that a limit kept at the door can't pass for a good one. */
  told(reason: string): void;
}

export interface Call {
  path: string;
  kind: "query" | "mutation";
  input: unknown;
}

/** The reasons and results in an answer, however many calls it answers. */
function readReasons(text: string, watch: Watch): void {
  for (const [, reason] of text.matchAll(/"reason":"([a-z_]+)"|"result":\{/g)) watch.told(reason ?? "ok");
}

const patienceMs = 20_000;
const shownCharsMax = 600;
const addressCharsMax = 12_000;

function shown(value: unknown): string {
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined")).slice(0, shownCharsMax);
}

function headersOf({ token, workspaceId }: Target): Record<string, string> {
  return { authorization: `Bearer ${token}`, "x-workspace-id": workspaceId, "content-type": "application/json" };
}

/** A batch of calls of one kind, as one request. */
export async function callTrpc(target: Target, calls: readonly Call[], watch: Watch): Promise<void> {
  const [first] = calls;
  if (!first) return;
  const paths = calls.map(({ path }) => path).join(",");
  const inputs = JSON.stringify(Object.fromEntries(calls.map(({ input }, index) => [index, input])));
  const address = `${target.url}/trpc/${paths}?batch=1`;
  const asQuery = `${address}&input=${encodeURIComponent(Buffer.from(inputs).toString())}`.slice(0, addressCharsMax);
  const response = await fetch(first.kind === "query" ? asQuery : address, {
    headers: headersOf(target),
    signal: AbortSignal.timeout(patienceMs),
    ...(first.kind === "query" ? {} : { method: "POST", body: inputs }),
  });
  const text = await response.text();
  readReasons(text, watch);
  if (response.status >= 500 || /"httpStatus":5\d\d/.test(text))
    watch.fault({ door: "trpc", sent: `${paths} ${shown(inputs)}`, got: shown(text) });
}

/** One REST request; `address` is what follows `/v1`. */
export async function callRest(target: Target, request: { method: string; address: string; body: unknown }, watch: Watch): Promise<void> {
  const { method, address, body } = request;
  const response = await fetch(`${target.url}/v1${address}`.slice(0, addressCharsMax), {
    method,
    headers: headersOf(target),
    signal: AbortSignal.timeout(patienceMs),
    ...(body === undefined || method === "GET" || method === "HEAD" ? {} : { body: JSON.stringify(body) ?? null }),
  });
  const text = await response.text();
  if (response.ok) watch.told("ok");
  else readReasons(text, watch);
  if (response.status >= 500) watch.fault({ door: "rest", sent: `${method} ${shown(address)} ${shown(body)}`, got: shown(text) });
}

/** Bytes on a connection of their own; the server may say what it likes, or close. */
export function sendRaw(target: Target, bytes: Buffer, watch: Watch): Promise<void> {
  const { hostname, port } = new URL(target.url);
  return new Promise((resolve) => {
    let got = "";
    const socket = connect({ host: hostname, port: Number(port) });
    const done = () => {
      socket.destroy();
      if (/^HTTP\/1\.\d 5\d\d/.test(got)) watch.fault({ door: "raw", sent: shown(bytes.toString("latin1")), got: shown(got) });
      resolve();
    };
    // An unfinished request is not answered: what is looked for is a wrong answer, not a late one.
    socket.setTimeout(300, done);
    socket.once("connect", () => socket.end(bytes));
    socket.on("data", (piece) => {
      got += piece.toString("latin1");
    });
    socket.once("close", done);
    socket.once("error", done);
  });
}

/** One socket for many messages; opened again when the server has closed it, which is its right. */
export function openSocketDoor(target: Target, watch: Watch): { send(message: string | Buffer): Promise<void>; close(): void } {
  let socket: WebSocket | null = null;

  async function open(): Promise<WebSocket> {
    if (socket !== null && socket.readyState === WebSocket.OPEN) return socket;
    const fresh = new WebSocket(`${target.url.replace("http", "ws")}/trpc?connectionParams=1`);
    socket = fresh;
    fresh.on("message", (data) => {
      const text = String(data);
      readReasons(text, watch);
      if (/"httpStatus":5\d\d/.test(text)) watch.fault({ door: "socket", sent: "(see the path)", got: shown(text) });
    });
    fresh.on("error", () => {}); // Told by `close` as well.
    await new Promise<void>((resolve) => {
      fresh.once("open", () => resolve());
      fresh.once("close", () => resolve());
    });
    if (fresh.readyState === WebSocket.OPEN)
      fresh.send(JSON.stringify({ method: "connectionParams", data: { token: target.token, workspaceId: target.workspaceId } }));
    return fresh;
  }

  return {
    send: async (message) => {
      const opened = await open();
      if (opened.readyState !== WebSocket.OPEN) return;
      await new Promise<void>((resolve) => opened.send(message, () => resolve()));
    },
    close: () => socket?.terminate(),
  };
}
