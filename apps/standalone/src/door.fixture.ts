/**
 * Ways to knock at the door that our own client would never use: raw bytes, and sockets that a test drives by hand.
 *
 * @module
 */
import { connect } from "node:net";
import { WebSocket } from "ws";

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  status: number;
  head: string;
  body: string;
  /** From the first byte sent to the end of the connection, in milliseconds. */
  ms: number;
}

/** Sends pieces of a request with a pause after each, and reads until the other side closes. */
export function sendRaw(url: string, pieces: Iterable<string | Buffer>, pauseMs = 0): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    let ended = false;
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      ended = true;
      const text = Buffer.concat(chunks).toString();
      const cut = text.indexOf("\r\n\r\n");
      const head = cut < 0 ? text : text.slice(0, cut);
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, head, body: cut < 0 ? "" : text.slice(cut + 4), ms: performance.now() - startedAt });
    });
    void (async () => {
      for (const piece of pieces) {
        if (ended) return;
        socket.write(piece);
        if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
      }
    })();
  });
}

/** The refusal in an answer of the door. */
export function refusalIn(body: string): { reason: string | null; requestId: string | null; code: string | null } {
  const found = (name: string) => new RegExp(`"${name}":"([^"]*)"`).exec(body)?.[1] ?? null;
  return { reason: found("reason"), requestId: found("requestId"), code: found("code") };
}

interface Frame {
  id: number | null;
  result?: { type: string; id?: string; data?: unknown };
  error?: { message: string; data: { reason: string; code: string; requestId: string } };
}

export interface HandSocket {
  socket: WebSocket;
  frames: Frame[];
  /** Resolves when the socket has been closed. */
  closed: Promise<{ code: number; reason: string }>;
  send(frame: unknown): void;
  /** Calls a procedure and gives the first frame that answers it. */
  call(method: "query" | "mutation" | "subscription", path: string, input?: unknown): Promise<Frame>;
  /** The first frame that fits, of those there and those to come. */
  frame(fits: (frame: Frame) => boolean): Promise<Frame>;
}

export interface HandSocketOptions {
  token?: string | undefined;
  workspaceId?: string | undefined;
  headers?: Record<string, string>;
  /** False: the credentials go as headers, and no first message is sent. */
  params?: boolean;
  path?: string;
}

/** Opens a socket. Rejects with `status` and `body` when it is refused. */
export async function openHandSocket(url: string, options: HandSocketOptions = {}): Promise<HandSocket> {
  const { token, workspaceId, headers = {}, params = true, path = "/trpc" } = options;
  const credentials = { ...(token === undefined ? {} : { token }), ...(workspaceId === undefined ? {} : { workspaceId }) };
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}${path}${params ? "?connectionParams=1" : ""}`, {
    headers: {
      ...(params || token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(params || workspaceId === undefined ? {} : { "x-workspace-id": workspaceId }),
      ...headers,
    },
  });
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  socket.on("message", (data) => {
    const text = String(data);
    if (text === "PING" || text === "PONG") return;
    frames.push(JSON.parse(text) as Frame); // safe: the server's own frames
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  socket.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += String(chunk);
      });
      response.on("end", () =>
        reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode, body })),
      );
    });
    socket.once("error", reject);
  });
  if (params && token !== undefined) socket.send(JSON.stringify({ method: "connectionParams", data: credentials }));
  let calls = 0;
  const frame = (fits: (one: Frame) => boolean) =>
    new Promise<Frame>((resolve, reject) => {
      const look = () => {
        const found = frames.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void closed.then(({ code, reason }) => reject(new Error(`the socket was closed with ${code} ${reason}`)));
    });
  return {
    socket,
    frames,
    closed,
    send: (one) => socket.send(typeof one === "string" ? one : JSON.stringify(one)),
    call: (method, path, input) => {
      calls += 1;
      const id = calls;
      socket.send(JSON.stringify({ id, method, params: { path, input } }));
      return frame((one) => one.id === id);
    },
    frame,
  };
}
