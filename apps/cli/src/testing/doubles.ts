/**
 * A terminal that remembers and an Axon in memory, for this package's tests.
 *
 * @module
 */
import { PassThrough } from "node:stream";
import type { AxonClient } from "@axon/client/client";
import type { FollowedEvent } from "@axon/client/follow";
import type { EventBody, StreamEvent } from "@axon/contracts/events";
import { type Io, terminalIo } from "../io.ts";

/** A pipe on every end; `typed` is what comes in. */
export function fakeIo(typed = ""): { io: Io; out(): string; err(): string } {
  const written = { out: "", err: "" };
  const sink = (name: "out" | "err") => {
    const stream = new PassThrough();
    stream.on("data", (chunk: Buffer) => {
      written[name] += chunk.toString();
    });
    return stream;
  };
  const stdin = new PassThrough();
  stdin.end(typed);
  return { io: terminalIo({ stdin, stdout: sink("out"), stderr: sink("err") }, true), out: () => written.out, err: () => written.err };
}

export const at = "2026-01-05T09:00:00.000Z";

/** A body as the log would pass it on. */
export function logged(body: EventBody): StreamEvent {
  return { ...body, id: "e", at, workspaceId: "w" };
}

interface StoredDocument {
  id: string;
  name: string;
  bytes: number;
  sourceId: string;
  status: string;
  chunkCount: number;
  error: { code: string; message: string } | null;
  progress: { done: number; total: number };
}

/** Agents, sources and documents in memory. A file whose bytes say `broken` fails. */
export function fakeAxon(script: { replies?: readonly (readonly StreamEvent[])[] } = {}) {
  const agents: { id: string; name: string; greeting: string; status: string }[] = [];
  const sources: { id: string; name: string }[] = [];
  const documents: StoredDocument[] = [];
  const calls = { uploads: 0, started: [] as string[], sent: [] as string[] };
  const replies = [...(script.replies ?? [])];
  const news: FollowedEvent[] = [];
  let wake = () => {};
  let made = 0;
  const nextId = (kind: string) => `${kind}-${++made}`;
  const page = <Item>(items: Item[]) => ({ items, nextCursor: null });

  const answer = () => {
    for (const event of replies.shift() ?? []) news.push({ id: `${news.length + 1}`, event });
    wake();
  };
  const api = {
    agents: {
      list: { query: async () => page(agents) },
      create: {
        mutate: async (input: { name: string; greeting: string }) => {
          const agent = { id: nextId("agent"), status: "live", ...input };
          agents.push(agent);
          return agent;
        },
      },
      ask: {
        mutate: async () => ({ answer: "45 days.", action: "answer", citations: [], confidence: 0.9, trace: { handoffReason: null } }),
      },
    },
    knowledge: {
      sources: {
        list: { query: async () => page(sources) },
        create: {
          mutate: async ({ name }: { name: string }) => {
            const source = { id: nextId("source"), name };
            sources.push(source);
            return source;
          },
        },
      },
      documents: {
        list: { query: async ({ sourceId }: { sourceId: string }) => page(documents.filter((document) => document.sourceId === sourceId)) },
        addUrl: {
          mutate: async ({ sourceId, url }: { sourceId: string; url: string }) => {
            const error = url.includes("127.0.0.1") ? { code: "url_blocked", message: "this address may not be read" } : null;
            const progress = { done: 1, total: 1 };
            const stored = { bytes: 10, sourceId, status: error ? "failed" : "ready", chunkCount: error ? 0 : 1, error, progress };
            documents.push({ id: nextId("document"), name: url, ...stored });
            return documents.at(-1);
          },
        },
        delete: {
          mutate: async ({ documentId }: { documentId: string }) =>
            void documents.splice(
              documents.findIndex(({ id }) => id === documentId),
              1,
            ),
        },
      },
    },
    conversations: {
      start: {
        mutate: async ({ text }: { text: string }) => {
          calls.started.push(text);
          answer();
          return { conversation: { id: "conversation-1", lastEventId: "0" } };
        },
      },
      send: {
        mutate: async ({ text }: { text: string }) => {
          calls.sent.push(text);
          answer();
          return {};
        },
      },
    },
  };
  const client = {
    api,
    follow: {
      async *conversation(_: unknown, { signal }: { signal: AbortSignal }) {
        for (let index = 0; !signal.aborted; ) {
          const item = news[index];
          if (item) {
            index += 1;
            yield item;
          } else
            await new Promise<void>((resolve) => {
              wake = resolve;
              signal.addEventListener("abort", () => resolve(), { once: true });
            });
        }
      },
    },
    async uploadDocument({ sourceId, name, bytes }: { sourceId: string; name: string; bytes: Uint8Array }) {
      calls.uploads += 1;
      const broken = new TextDecoder().decode(bytes).includes("broken");
      const error = broken ? { code: "invalid", message: "the file is damaged" } : null;
      documents.push({
        id: nextId("document"),
        name,
        bytes: bytes.length,
        sourceId,
        status: broken ? "failed" : "ready",
        chunkCount: broken ? 0 : 4,
        error,
        progress: { done: 4, total: 4 },
      });
      return { documentId: documents.at(-1)?.id ?? "" };
    },
    waitForDocument: async (documentId: string) => documents.find(({ id }) => id === documentId),
    close: async () => {},
  };
  return { client: client as unknown as AxonClient, agents, sources, documents, calls }; // safe: the commands under test call nothing else
}
