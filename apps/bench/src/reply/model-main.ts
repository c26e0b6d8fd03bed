/**
 * The model of the reply bench, a process of its own that speaks OpenAI's protocol: after a moment it says the words of `text.ts`,
 * at the pace that the question names, and writes down when each of them left. `--port` says where.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { nowMs, readMark, tokens } from "./text.ts";

const { values } = parseArgs({ options: { port: { type: "string" } } });
/** What a model takes to begin, in milliseconds: long enough for a reader to be there before the first word. */
const thinkMs = 400;
const dimensions = 1536;
/** When the words of each reply left. */
const sentAt = new Map<number, number[]>();

const server = createServer((request, response) => {
  request.socket.setNoDelay(true);
  answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://model");
  if (url.pathname === "/sent") return json(response, sentAt.get(Number(url.searchParams.get("run"))) ?? []);
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece); // safe: no encoding is set
  const text = Buffer.concat(pieces).toString("utf8");
  // safe: the SDK's own
  const body = JSON.parse(text) as { input?: string | string[]; stream?: boolean; dimensions?: number };
  if (url.pathname.endsWith("/embeddings")) return json(response, embeddings([body.input ?? ""].flat(), body.dimensions ?? dimensions));
  if (body.stream !== true) return json(response, whole());
  return speak(response, readMark(text) ?? { run: 0, paceMs: 0 });
}

async function speak(response: ServerResponse, { run, paceMs }: { run: number; paceMs: number }): Promise<void> {
  const times: number[] = [];
  sentAt.set(run, times);
  await sleep(thinkMs);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const say = (delta: object, finish: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ ...envelope("chat.completion.chunk"), choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  say({ role: "assistant", content: "" });
  say({ content: '{"action":"answer","answer":"' });
  for (const token of tokens) {
    if (paceMs > 0) await sleep(paceMs);
    times.push(nowMs());
    say({ content: token });
  }
  say({ content: '"}' });
  say({}, "stop");
  response.end("data: [DONE]\n\n");
}

function whole(): object {
  const content = JSON.stringify({ action: "answer", answer: tokens.join("") });
  return { ...envelope("chat.completion"), choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }] };
}

function envelope(object: string): object {
  return { id: "chatcmpl-bench", object, created: 1_770_000_000, model: "bench" };
}

function embeddings(input: readonly string[], length: number): object {
  const data = input.map((text, index) => ({
    object: "embedding",
    index,
    embedding: Buffer.from(vectorOf(text, length).buffer).toString("base64"),
  }));
  return { object: "list", data, model: "bench", usage: { prompt_tokens: 1, total_tokens: 1 } };
}

/** Texts that share words lie close together. */
function vectorOf(text: string, length: number): Float32Array {
  const vector = new Float32Array(length);
  vector[0] = 0.01;
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const at = createHash("sha256").update(word).digest().readUInt32LE(0) % length;
    vector[at] = (vector[at] ?? 0) + 1;
  }
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

server.listen(Number(values.port), "127.0.0.1", () => process.stdout.write("listening\n"));
