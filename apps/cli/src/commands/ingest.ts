/**
 * `axon ingest PATH…`: files, folders, patterns and addresses of web pages into the workspace's knowledge, with a bar for each.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { AxonClient } from "@axon/client/client";
import { exitCodes, UsageError } from "../failure.ts";
import { type Found, findFiles } from "../files.ts";
import { findOrCreateSource, type Ingested, type IngestWatch, ingestFiles, ingestUrls } from "../ingest-files.ts";
import { type Io, remark, say } from "../io.ts";
import { createProgressBoard } from "../progress.ts";

interface IngestOptions {
  source: string;
  json?: boolean;
  quiet?: boolean;
  cwd: string;
}

/** Gives 0 when every file is ready, 1 when one failed. */
export async function ingest(client: AxonClient, io: Io, paths: readonly string[], options: IngestOptions): Promise<number> {
  const urls = paths.filter((path) => /^https?:\/\//i.test(path));
  const found = await findFiles(
    paths.filter((path) => !urls.includes(path)),
    options.cwd,
  );
  if (found.files.length === 0 && found.unfit.length === 0 && urls.length === 0)
    throw new UsageError("There is no file here that can be read (PDF, DOCX, HTML, Markdown, text and CSV can).");
  if (found.passedOver > 0 && !options.quiet) remark(io, io.style.faint(`${found.passedOver} files of other kinds are passed over`));

  const board = createProgressBoard(io, options.quiet === true);
  const results: Ingested[] = unfitResults(found);
  try {
    for (const { name, error } of results) board.finish(name, error?.message ?? null, "");
    if (found.files.length > 0 || urls.length > 0) {
      const source = await findOrCreateSource(client, options.source);
      const files = found.files.map(({ path, name, mime }) => ({ name, mime, read: () => readFile(path) }));
      const watch: IngestWatch = {
        onStep: (name, step) => board.update(name, step),
        onDone: ({ name, error, status, chunks }) =>
          board.finish(
            name,
            status === "ready" ? null : (error?.message ?? "unknown reason"),
            `ready, ${chunks} ${chunks === 1 ? "passage" : "passages"}`,
          ),
      };
      results.push(...(await ingestFiles(client, source.id, files, watch)), ...(await ingestUrls(client, source.id, urls, watch)));
    }
  } finally {
    board.stop();
  }
  const failed = results.filter(({ status }) => status === "failed");
  if (options.json) say(io, JSON.stringify({ source: options.source, documents: results }));
  else if (!options.quiet || failed.length > 0) say(io, summary(results.length - failed.length, failed, io));
  return failed.length > 0 ? exitCodes.failed : 0;
}

function unfitResults(found: Found): Ingested[] {
  return found.unfit.map(({ path, reason }) => ({
    name: path,
    documentId: null,
    status: "failed",
    chunks: 0,
    error: { code: "unfit", message: reason },
  }));
}

function summary(ready: number, failed: readonly Ingested[], io: Io): string {
  const lines = [`${io.style.good(`${ready} ready`)}${failed.length > 0 ? `, ${io.style.bad(`${failed.length} failed`)}` : ""}`];
  for (const { name, error } of failed)
    lines.push(`  ${name}: ${error?.message ?? "unknown reason"} ${io.style.faint(`(${error?.code ?? "unknown"})`)}`);
  return lines.join("\n");
}
