/**
 * Bull Board over the queues, for whoever develops: every job to be looked at, tried again, removed. It asks nobody who they are, so it
 * listens on this machine alone, takes nothing that another site's page sends, and production does not know of it.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { queues as catalogue } from "@axon/contracts/jobs";
import { type JobBackend, linkBackend } from "@axon/jobs/backend";
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { Queue } from "bullmq";

export interface BullBoard {
  url: string;
  close(): Promise<void>;
}

type ServerAdapter = Parameters<typeof createBullBoard>[0]["serverAdapter"];
type Entry = Parameters<ServerAdapter["setEntryRoute"]>[0];
type Route = Parameters<ServerAdapter["setApiRoutes"]>[0][number];
type Asked = NonNullable<Parameters<Route["handler"]>[0]>;
type Answer = Awaited<ReturnType<Route["handler"]>>;

const host = "127.0.0.1";
const bodyBytesMax = 1_000_000;
const mimes: Record<string, string> = {
  ".css": "text/css",
  ".ico": "image/x-icon",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

/** Rejects with the listening error (`EADDRINUSE`, …) when the port cannot be had; 0 is any free port. */
export async function startBullBoard(backend: JobBackend, port: number): Promise<BullBoard> {
  const link = linkBackend(backend);
  const queues = Object.keys(catalogue).map((name) => {
    const queue = new Queue<unknown, unknown, string, unknown, unknown, string, ReturnType<typeof link.factory>, JobBackend>(
      name,
      { ...link.options, skipMetasUpdate: true },
      link.factory,
    );
    queue.on("error", () => undefined); // Whoever looks is told by the answer that did not come.
    return queue;
  });
  const board = createBoard();
  // safe: the adapter asks the queue for what every queue of BullMQ has, whatever its backend
  createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue as unknown as Queue)), serverAdapter: board.adapter });
  const server = createServer((request, response) => {
    board.answer(request, response).catch((error: unknown) => board.fail(error, response));
  });
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await Promise.all(queues.map((queue) => queue.close().catch(() => undefined)));
    link.close();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    await close();
    throw error;
  }
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return { url: `http://${host}:${bound}`, close };
}

/** What Bull Board fills in, and the answers that come of it. */
function createBoard() {
  let queues: Asked["queues"] = new Map();
  let uiConfig: Asked["uiConfig"] = {};
  let views = "";
  let files = "";
  let entry: Entry | null = null;
  let routes: Route[] = [];
  let onError: (error: Error) => Answer = () => ({ status: 500, body: {} });
  const adapter: ServerAdapter = {
    setQueues: (given) => set(() => (queues = given)),
    setViewsPath: (path) => set(() => (views = path)),
    setStaticPath: (_route, path) => set(() => (files = path)),
    setEntryRoute: (route) => set(() => (entry = route)),
    setErrorHandler: (handler) => set(() => (onError = handler)),
    setApiRoutes: (given) => set(() => (routes = given)),
    setUIConfig: (given) => set(() => (uiConfig = given)),
  };
  function set(change: () => unknown): ServerAdapter {
    change();
    return adapter;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isFromHere(request)) return json(response, { status: 403, body: { error: "only from this machine's own pages" } });
    const url = new URL(request.url ?? "/", `http://${host}`);
    const method = (request.method ?? "GET").toLowerCase();
    if (method === "get" && url.pathname.startsWith("/static/")) return sendFile(files, url.pathname.slice("/static/".length), response);
    for (const route of routes) {
      const params = patternsOf(route).reduce<Record<string, string> | null>(
        (found, pattern) => found ?? match(pattern, url.pathname),
        null,
      );
      if (!params || !String(route.method).split(",").includes(method)) continue;
      const body = method === "get" ? {} : await readBody(request);
      const asked = { queues, uiConfig, params, query: Object.fromEntries(url.searchParams), body, headers: {} };
      return json(response, await route.handler(asked as unknown as Asked)); // safe: as the routes of Bull Board want it
    }
    const page = entry && patternsOf(entry).some((pattern) => match(pattern, url.pathname));
    if (!entry || !page) return json(response, { status: 404, body: { error: "not found" } });
    const { name, params } = entry.handler({ basePath: "/", uiConfig });
    const html = filledIn(await readFile(join(views, name), "utf8"), params);
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
  }

  return {
    adapter,
    answer,
    fail: (error: unknown, response: ServerResponse) => json(response, onError(error instanceof Error ? error : new Error(String(error)))),
  };
}

function patternsOf({ route }: { route: string | readonly string[] }): readonly string[] {
  return typeof route === "string" ? [route] : route;
}

/** Named as this machine, and not sent by a page of another site: a browser would carry such a request here for anybody. */
function isFromHere({ headers, method }: IncomingMessage): boolean {
  const name = headers.host?.replace(/:\d+$/, "");
  if (name !== host && name !== "localhost") return false;
  return method === "GET" || headers.origin === undefined || headers.origin === `http://${headers.host}`;
}

/** The parameters of a path that fits `/api/queues/:queueName`; null for one that does not. */
function match(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split("/"), path.replace(/\/$/, "").split("/")];
  if (wanted.length !== given.length && !(pattern === "/" && path === "/")) return null;
  const params: Record<string, string> = {};
  for (const [place, part] of wanted.entries()) {
    const value = decodeURIComponent(given[place] ?? "");
    if (part.startsWith(":")) params[part.slice(1)] = value;
    else if (part !== value) return null;
  }
  return params;
}

async function sendFile(root: string, path: string, response: ServerResponse): Promise<void> {
  const file = normalize(join(root, decodeURIComponent(path)));
  const found = file.startsWith(root + sep) && (await stat(file).catch(() => null))?.isFile() === true;
  if (!found) return json(response, { status: 404, body: { error: "not found" } });
  response.writeHead(200, { "content-type": mimes[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > bodyBytesMax) throw new Error("the body is too long");
  }
  return text === "" ? {} : JSON.parse(text);
}

/** `<%= name %>` with HTML's own characters escaped, `<%- name %>` as it is. */
function filledIn(template: string, params: object): string {
  return template.replace(/<%([=-])\s*(\w+)\s*%>/g, (_, kind: string, name: string) => {
    const value = String(Reflect.get(params, name) ?? "");
    return kind === "-" ? value : value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  });
}

function json(response: ServerResponse, { status = 200, body }: Answer): void {
  if (response.headersSent) response.end();
  else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
