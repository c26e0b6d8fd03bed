/**
 * A stand-in for Sentry's door that speaks its envelope protocol over a loopback port, so that tests drive the real SDK.
 * It keeps every event it was sent, and can be told to be too busy.
 *
 * @module
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** The part of an event that we look at. */
export interface ReceivedEvent {
  level?: string;
  tags?: Record<string, string>;
  exception?: { values: { type: string; value: string; stacktrace?: { frames: unknown[] } }[] };
  release?: string;
  environment?: string;
}

export interface SentryReceiver {
  readonly dsn: string;
  readonly events: ReceivedEvent[];
  /** Every byte of every envelope, as text. */
  raw(): string;
  /** How often somebody knocked. */
  knocks(): number;
  /** From now on: take everything, refuse it with 429, or take it and never answer. */
  behave(how: "well" | "busy" | "silent"): void;
  /** Waits until an event is there that `matches`; throws, with all that came, when it does not come. */
  waitFor(matches: (event: ReceivedEvent) => boolean, timeoutMs?: number): Promise<ReceivedEvent>;
  close(): Promise<void>;
}

const bodyBytesMax = 1024 * 1024;
const pollMs = 10;

export async function openSentryReceiver(): Promise<SentryReceiver> {
  const events: ReceivedEvent[] = [];
  const bodies: string[] = [];
  let knocks = 0;
  let how: "well" | "busy" | "silent" = "well";
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    knocks += 1;
    if (how === "silent") return;
    if (how === "busy") return void response.writeHead(429, { "retry-after": "60" }).end();
    if (!/^\/api\/\d+\/envelope\/$/.test(new URL(request.url ?? "/", "http://receiver").pathname))
      return void response.writeHead(404).end();
    bodies.push(body);
    events.push(...eventsOf(body));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // safe: a TCP server that listens has an address with a port
  return {
    dsn: `http://${"a".repeat(32)}@127.0.0.1:${port}/1`,
    events,
    raw: () => bodies.join("\n"),
    knocks: () => knocks,
    behave: (manner) => {
      how = manner;
    },
    async waitFor(matches, timeoutMs = 30_000) {
      const end = Date.now() + timeoutMs;
      for (;;) {
        const found = events.find(matches);
        if (found) return found;
        if (Date.now() > end) throw new Error(`no such event came; there were: ${JSON.stringify(events)}`);
        await sleep(pollMs);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    // safe: no encoding is set on the request, so its chunks are buffers
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`an envelope over ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
}

/** An envelope is lines of JSON: its header, then for each item a header and a payload. */
function eventsOf(envelope: string): ReceivedEvent[] {
  const lines = envelope.split("\n").slice(1);
  const events: ReceivedEvent[] = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const header: { type?: string } = JSON.parse(lines[index] || "{}");
    if (header.type === "event") events.push(JSON.parse(lines[index + 1] ?? "{}"));
  }
  return events;
}
