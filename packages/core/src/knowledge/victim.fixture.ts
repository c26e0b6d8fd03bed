/**
 * A worker to be killed: a process that reads one document and counts its moments (each commit, when all is written, and each answer
 * from outside; what is so after a commit is what is so when the next is lost). Told to die at one of them it kills itself there, with no chance to tidy up; else it prints what the moments were.
 *
 * @module
 */
import { createOpenAiProvider } from "@axon/ai/openai/provider";
import { connect, type DatabaseTarget } from "@axon/db/connect";
import { createInWorkspace } from "../context.ts";
import type { ReadingDeps } from "./deps.ts";
import { ingestDocument } from "./ingest-document.ts";
import { noWeb } from "./library.fixture.ts";

export interface Order {
  database: DatabaseTarget;
  workspaceId: string;
  documentId: string;
  text: string;
  openai: { apiKey: string; baseUrl: string };
  /** The moment to die at, from 1; 0: none. */
  dieAt: number;
}

const textsPerBatch = 2;

/** What a worker reads with; each moment is told to `passes` before anything else happens. */
export function victimDeps({ database: target, text, openai }: Omit<Order, "dieAt">, passes: (moment: string) => void) {
  const database = connect(target, { poolMax: 2 });
  const inWorkspace = createInWorkspace(database, () => {});
  const { embedder } = createOpenAiProvider({ ...openai, model: "m", embeddingModel: "text-embedding-3-small" });
  let commits = 0;
  const deps: ReadingDeps = {
    inWorkspace: async (workspaceId, verb) => {
      commits += 1;
      const number = commits;
      return inWorkspace(workspaceId, async (ws) => {
        const result = await verb(ws);
        passes(`commit ${number}`);
        return result;
      });
    },
    files: {
      presignPut: () => Promise.reject(new Error("nothing is uploaded here")),
      head: async () => null,
      read: async () => {
        passes("file read");
        return new TextEncoder().encode(text);
      },
      write: async () => {},
      remove: async () => {},
    },
    parse: async ({ bytes }) => {
      const blocks = new TextDecoder()
        .decode(bytes)
        .split("\n")
        .flatMap((line, index) => [
          { kind: "heading" as const, level: 1, text: `Part ${index + 1}` },
          { kind: "paragraph" as const, text: line },
        ]);
      passes("parsed");
      return { title: null, blocks };
    },
    embedder: {
      ...embedder,
      batchMax: textsPerBatch,
      embed: async (texts, options) => {
        const vectors = await embedder.embed(texts, options);
        passes("vectors received");
        return vectors;
      },
    },
    embedderOf: () => null,
    web: noWeb,
  };
  return { deps, close: () => database.close() };
}

/** Run as a program of its own, with the order as its argument. */
async function main(order: Order): Promise<void> {
  const moments: string[] = [];
  const passes = (moment: string) => {
    moments.push(moment);
    if (moments.length === order.dieAt) process.kill(process.pid, "SIGKILL");
  };
  const { deps, close } = victimDeps(order, passes);
  await ingestDocument(deps, order, { signal: new AbortController().signal, lastAttempt: false });
  passes("all done");
  await close();
  process.stdout.write(JSON.stringify(moments));
}

const [, , order] = process.argv;
if (order?.startsWith("{")) await main(JSON.parse(order) as Order); // safe: written by the test that starts this
