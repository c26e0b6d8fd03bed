/**
 * How fast does knowledge come in, and what memory does it take? Ten megabytes of text and a PDF of a thousand pages, read as a worker
 * reads them, with the time of each step; and the rows alone, beside bare binary COPY and the INSERT that everybody writes first.
 *
 * @module
 */
import { createLocalProvider } from "@axon/ai/local/provider";
import { createInWorkspace, type InWorkspace } from "@axon/core/context";
import { getDocument, type IngestDeps, ingestDocument } from "@axon/core/knowledge";
import type { Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { document, knowledgeSource } from "@axon/db/schema/knowledge";
import { createParser } from "@axon/documents/parser";
import { signUp } from "./accounts.ts";
import { longPdf, longText } from "./ingest/documents.ts";
import { type Row, type Shelf, waysOf } from "./ingest/rows.ts";
import type { Installation } from "./installation.ts";
import { quantile } from "./numbers.ts";
import { type OwnedDatabase, type Owner, onOwnDatabase } from "./owned.ts";
import type { BenchResult } from "./result.ts";

const textBytes = 10 * 1024 * 1024;
const pdfPages = 1_000;
const rowsMeasured = 10_000;
const rounds = 3;
const wordsPerRow = 110;
/** As a worker's. */
const parserOptions = { children: 1, timeoutMs: 120_000, memoryMb: 512 };
const megabyte = 2 ** 20;

interface Measured {
  chunks: number;
  /** Seconds of each step. */
  parsing: number;
  chunking: number;
  embedding: number;
  total: number;
  /** The most that this process and the parser's child took, in MB. */
  peakMb: number;
  childPeakMb: number;
}

/** `scale`: part of the text, the pages and the rows, 0 to 1, for a quick try. */
export function ingest(installation: Installation, scale: number): Promise<BenchResult> {
  return onOwnDatabase("ingest", installation, (on) => measure(on, installation.url, scale));
}

async function measure({ owner, app }: OwnedDatabase, url: string, scale: number): Promise<BenchResult> {
  const [person] = await signUp(url, 1, 0);
  if (!person) throw new Error("nobody signed up");
  const files = [
    { name: "10 MB of text", mime: "text/markdown", bytes: longText(textBytes * scale) },
    { name: "PDF of 1,000 pages", mime: "application/pdf", bytes: longPdf(Math.max(1, Math.round(pdfPages * scale))) },
  ];
  const documents: { variant: string; values: number[] }[] = [];
  for (const file of files) {
    const { chunks, parsing, chunking, embedding, total, peakMb, childPeakMb } = await read(app, person.workspaceId, file);
    documents.push({ variant: file.name, values: [chunks, parsing, chunking, embedding, chunks / total, peakMb, childPeakMb] });
  }
  const rates = await compareRows(owner, app, person.workspaceId, Math.round(rowsMeasured * scale));
  const nothing = Number.NaN;
  return {
    name: "ingest",
    about: "A large text and a large PDF, read by a worker's own code; then chunk rows with vectors, in three ways that took turns.",
    columns: ["chunks", "parse s", "cut and store s", "embed s", "rows/s", "peak MB", "child MB"],
    rows: [
      ...documents,
      ...Object.entries(rates).map(([variant, rate]) => ({
        variant: `rows: ${variant}`,
        values: [nothing, nothing, nothing, nothing, rate, nothing, nothing],
      })),
    ],
    ratios: [
      { what: "Axon's rows per second, of bare binary COPY", value: rates.axon / rates.copy },
      { what: "Axon's rows per second, times a multi-row INSERT", value: rates.axon / rates.insert, goal: "at least 4" },
    ],
    notes: [
      "Rows are written with their vectors and all indexes but the vector index, which holds only big workspaces' and is filled later.",
      "Embedding is by the local provider, on this machine's processor; a vendor's takes the time that the vendor takes.",
      "Bare COPY goes past row-level security, which COPY cannot pass: Axon's way costs the second copy within the database.",
    ],
  };
}

async function read(app: Database, workspaceId: string, file: { name: string; mime: string; bytes: Uint8Array }): Promise<Measured> {
  const inWorkspace = createInWorkspace(app, () => {});
  const { documentId } = await putDocument(inWorkspace, workspaceId, file);
  let childPeakBytes = 0;
  const parser = createParser({
    ...parserOptions,
    onRead: (cost) => {
      childPeakBytes = Math.max(childPeakBytes, cost.peakBytes);
    },
  });
  await parser.warm();
  const provider = createLocalProvider();
  const marks: Record<string, number> = {};
  const mark = (name: string) => {
    marks[name] ??= performance.now();
  };
  const deps: Pick<IngestDeps, "inWorkspace" | "files" | "embedder" | "embedderOf" | "parse" | "web"> = {
    inWorkspace,
    files: { ...noFiles, read: async () => file.bytes },
    web: noWeb,
    embedder: {
      ...provider.embedder,
      embed: (texts, options) => {
        mark("embedding");
        return provider.embedder.embed(texts, options);
      },
    },
    embedderOf: () => null,
    parse: async (input, options) => {
      mark("parsing");
      const parsed = await parser.parse(input, options);
      mark("chunking");
      return parsed;
    },
  };
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 20);
  const startMs = performance.now();
  try {
    await ingestDocument(deps, { workspaceId, documentId }, { signal: new AbortController().signal, lastAttempt: true });
  } finally {
    clearInterval(watch);
    await parser.close();
  }
  const endMs = performance.now();
  const ended = await inWorkspace(workspaceId, (ws) => getDocument(ws, documentId));
  if (ended.status !== "ready") throw new Error(`${file.name} ended as ${ended.status}: ${ended.error?.code}`);
  const between = (from: string, to: number | undefined) => ((to ?? endMs) - (marks[from] ?? startMs)) / 1000;
  return {
    chunks: ended.chunkCount,
    parsing: between("parsing", marks["chunking"]),
    chunking: between("chunking", marks["embedding"]),
    embedding: between("embedding", endMs),
    total: (endMs - startMs) / 1000,
    peakMb: peakBytes / megabyte,
    childPeakMb: childPeakBytes / megabyte,
  };
}

const noFiles = {
  presignPut: () => Promise.reject(new Error("nothing is uploaded here")),
  head: async () => null,
  write: async () => {},
  remove: async () => {},
};
const noWeb: IngestDeps["web"] = {
  check: () => {},
  linksOf: () => [],
  visit: () => {
    throw new Error("nothing on the web is asked for here");
  },
};

async function putDocument(
  inWorkspace: InWorkspace,
  workspaceId: string,
  { name, mime, bytes }: { name: string; mime: string; bytes: Uint8Array },
): Promise<Shelf> {
  const [sourceId, documentId] = [newId(), newId()];
  await inWorkspace(workspaceId, async ({ tx }) => {
    await tx.insert(knowledgeSource).values({ workspaceId, id: sourceId, kind: "file", name });
    const file = { name, mime, bytes: bytes.length, storageKey: `${workspaceId}/${documentId}/1` };
    await tx.insert(document).values({ workspaceId, id: documentId, sourceId, ...file, status: "queued" });
  });
  return { workspaceId, sourceId, documentId };
}

/** Rows per second of each way: the median of its rounds, which take turns. */
async function compareRows(owner: Owner, app: Database, workspaceId: string, count: number) {
  const inWorkspace = createInWorkspace(app, () => {});
  const rows = Array.from({ length: count }, (_, at) => rowOf(at));
  const ways = waysOf(owner, app);
  const rates: Record<keyof typeof ways, number[]> = { axon: [], copy: [], insert: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of ["insert", "axon", "copy"] as const) {
      const shelf = await putDocument(inWorkspace, workspaceId, { name, mime: "text/plain", bytes: new Uint8Array(1) });
      const fromMs = performance.now();
      await ways[name](shelf, rows);
      rates[name].push(count / ((performance.now() - fromMs) / 1000));
      await owner`delete from document where workspace_id = ${workspaceId} and id = ${shelf.documentId}`;
      await owner.unsafe("vacuum chunk");
    }
  }
  return { axon: quantile(rates.axon, 0.5), copy: quantile(rates.copy, 0.5), insert: quantile(rates.insert, 0.5) };
}

function rowOf(at: number): Row {
  const words = Array.from({ length: wordsPerRow }, (_, place) => `word${(at * 7919 + place * 104_729) % 5003}`);
  const vector = new Float32Array(1536).map((_, place) => Math.sin(at * 31 + place * 17) / 28);
  return { words, vector };
}
