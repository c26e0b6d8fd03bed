/**
 * A web site on a loopback port, whose pages a test sets, changes and takes away, and that misbehaves where it is told to.
 *
 * It remembers who asked for what. It knows nothing of crawlers.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakePage {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Gives the page an ETag and answers 304 to whoever has it. */
  etag?: boolean;
  /**
   * `silent`: never answers. `trickle`: a byte every 20 ms, without end. `endless`: as fast as it can, without end. `cut`: hangs up
   * after half of the body. `held`: waits until the site's `release` is called.
   */
  how?: "silent" | "trickle" | "endless" | "cut" | "held";
}

export interface SeenRequest {
  path: string;
  headers: Record<string, string>;
  status: number;
}

export interface FakeSite {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `127.0.0.1:PORT`, as a list of allowed hosts wants it. */
  readonly host: string;
  /** In the order of arrival. */
  readonly seen: readonly SeenRequest[];
  /** Paths of `seen`, without robots.txt. */
  paths(): string[];
  set(path: string, page: FakePage | string): void;
  remove(path: string): void;
  /** Lets go what is `held`. */
  release(): void;
  forget(): void;
  close(): Promise<void>;
}

const trickleMs = 20;

/** A text is an HTML page with status 200; a path that was not set is 404. */
export async function createFakeSite(pages: Record<string, FakePage | string> = {}): Promise<FakeSite> {
  const known = new Map(Object.entries(pages));
  const seen: SeenRequest[] = [];
  const held = new Set<() => void>();
  const server = createServer((request, response) => {
    response.on("error", () => {});
    const path = request.url ?? "/";
    const found = known.get(path) ?? { status: 404, body: "not here" };
    const page = typeof found === "string" ? { body: found } : found;
    const status = answer(request, response, page, held);
    seen.push({ path, headers: request.headers as Record<string, string>, status }); // safe: the fake is asked with plain headers
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo; // safe: a TCP server that listens has an address with a port
  const release = () => {
    for (const go of held) go();
    held.clear();
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    seen,
    paths: () => seen.map(({ path }) => path).filter((path) => path !== "/robots.txt"),
    set: (path, page) => void known.set(path, page),
    remove: (path) => void known.delete(path),
    release,
    forget: () => void seen.splice(0),
    close: async () => {
      release();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Gives the status that is sent, at once or in the end. */
function answer(request: IncomingMessage, response: ServerResponse, page: FakePage, held: Set<() => void>): number {
  const body = Buffer.from(page.body ?? "");
  const etag = page.etag ? `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"` : null;
  if (etag !== null && request.headers["if-none-match"] === etag) {
    response.writeHead(304, { etag }).end();
    return 304;
  }
  const status = page.status ?? 200;
  const headers = { "content-type": "text/html; charset=utf-8", ...(etag === null ? {} : { etag }), ...page.headers };
  if (page.how === "silent") return status;
  const send = () => {
    response.writeHead(status, headers);
    if (page.how === "trickle") repeat(response, trickleMs, Buffer.from(" "));
    else if (page.how === "endless") flood(response);
    else if (page.how === "cut") response.write(body.subarray(0, body.length / 2), () => response.destroy());
    else response.end(body);
  };
  if (page.how === "held") held.add(send);
  else send();
  return status;
}

function repeat(response: ServerResponse, everyMs: number, piece: Buffer): void {
  const timer = setInterval(() => response.write(piece), everyMs);
  response.once("close", () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024, "x");
  const pour = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", pour);
  pour();
}
