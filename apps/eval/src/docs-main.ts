/**
 * `eval:docs DIR [--json]`: reads every file of a folder as a worker would, and compares with what its manifest.json expects.
 * Each file is a fresh child, so that its peak of memory is its own. Ends with 1 when a file is not right.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DocumentError } from "@axon/documents/document-error";
import type { ParsedDocument } from "@axon/documents/parsed-document";
import { createParser } from "@axon/documents/parser";
import { z } from "zod";

const memoryMb = 512;
const timeoutMs = 13_000;

const words = z.array(z.string()).default([]);
const entrySchema = z.object({
  file: z.string(),
  mime: z.string(),
  expect: z.string(),
  pages: z.number().optional(),
  minChars: z.number().optional(),
  encoding: z.string().optional(),
  mustContain: words,
  mustContainNFKC: words,
  mustNotContain: words,
  order: words,
  rowMustStayTogether: z.array(z.array(z.string())).default([]),
  maxRssMb: z.number().optional(),
  maxSeconds: z.number().optional(),
});
type Entry = z.infer<typeof entrySchema>;

interface FileResult {
  file: string;
  expected: string;
  got: string;
  right: boolean;
  wrong: string[];
  peakMb: number;
  ms: number;
}

const directory = process.argv.slice(2).find((argument) => !argument.startsWith("--"));
if (!directory || !existsSync(join(directory, "manifest.json"))) {
  console.error("usage: eval:docs DIR [--json]   (DIR holds manifest.json and the files it names)");
  process.exit(2);
}
const entries = z.array(entrySchema).parse(JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")));
const files: FileResult[] = [];
for (const entry of entries) files.push(await judge(directory, entry));
report(files);

async function judge(folder: string, entry: Entry): Promise<FileResult> {
  const bytes = new Uint8Array(readFileSync(join(folder, entry.file)));
  let peakBytes = 0;
  const parser = createParser({
    children: 1,
    memoryMb,
    timeoutMs,
    onRead: (cost) => {
      peakBytes = cost.peakBytes;
    },
  });
  await parser.warm();
  const started = performance.now();
  let document: ParsedDocument | null = null;
  let got = "text";
  try {
    document = await parser.parse({ bytes, mime: entry.mime, name: entry.file });
  } catch (error) {
    got = error instanceof DocumentError ? error.code : `crash: ${String(error)}`;
  } finally {
    await parser.close();
  }
  const ms = Math.round(performance.now() - started);
  const peakMb = Math.round(peakBytes / 1024 / 1024);
  const wrong = [...stateFaults(entry, got), ...(document && entry.expect === "text" ? textFaults(entry, document) : [])];
  if (entry.maxSeconds !== undefined && ms > entry.maxSeconds * 1000) wrong.push(`took ${ms} ms`);
  if (entry.maxRssMb !== undefined && peakMb > entry.maxRssMb) wrong.push(`took ${peakMb} MB`);
  return { file: entry.file, expected: entry.expect, got, right: wrong.length === 0, wrong, peakMb, ms };
}

function stateFaults(entry: Entry, got: string): string[] {
  if (entry.expect === "any") return got.startsWith("crash") || got === "internal" ? [`ended as ${got}`] : [];
  return got === entry.expect ? [] : [`ended as ${got}`];
}

function textFaults(entry: Entry, document: ParsedDocument): string[] {
  const text = document.blocks.map((block) => block.text).join("\n");
  const normal = text.normalize("NFKC");
  const faults = [
    ...entry.mustContain.filter((word) => !text.includes(word)).map((word) => `lacks ${JSON.stringify(word)}`),
    ...entry.mustContainNFKC.filter((word) => !normal.includes(word)).map((word) => `lacks ${JSON.stringify(word)}`),
    ...entry.mustNotContain.filter((word) => text.includes(word)).map((word) => `has ${JSON.stringify(word)}`),
  ];
  if (entry.minChars !== undefined && document.chars < entry.minChars) faults.push(`only ${document.chars} characters`);
  if (entry.pages !== undefined && document.pages !== entry.pages) faults.push(`${document.pages} pages`);
  if (entry.encoding !== undefined && document.encoding !== entry.encoding) faults.push(`read as ${document.encoding}`);
  for (const row of entry.rowMustStayTogether) {
    if (!text.split("\n").some((line) => row.every((cell) => line.includes(cell)))) faults.push(`row ${row.join(", ")} is torn`);
  }
  let from = 0;
  for (const word of entry.order) {
    const at = text.indexOf(word, from);
    if (at < 0) faults.push(`${JSON.stringify(word)} is out of order`);
    else from = at + word.length;
  }
  return faults;
}

function report(results: FileResult[]): void {
  const right = results.filter((result) => result.right).length;
  if (process.argv.includes("--json")) console.log(JSON.stringify({ right, total: results.length, files: results }, null, 2));
  else {
    for (const { file, expected, got, wrong, peakMb, ms } of results) {
      console.log(
        `${wrong.length === 0 ? "ok   " : "WRONG"} ${file}: expected ${expected}, got ${got}, ${ms} ms, ${peakMb} MB${wrong.length > 0 ? `: ${wrong.join("; ")}` : ""}`,
      );
    }
    console.log(`${right} of ${results.length} right`);
  }
  process.exitCode = right === results.length ? 0 : 1;
}
