/**
 * The process that reads documents. It knows no secret and no network; it answers one request at a time until its parent hangs up.
 *
 * @module
 */
import { DocumentError } from "../document-error.ts";
import { loadPdfjs } from "../pdf/load-pdfjs.ts";
import { readDocument } from "../read-document.ts";
import type { ChildMessage, ParseRequest } from "./messages.ts";
import { startWatchdog } from "./watchdog.ts";

const memoryMb = Number(process.argv[2]);
if (!process.send || !Number.isFinite(memoryMb)) throw new Error("this program is started by the parser, with its memory limit in MB");
startWatchdog(process.ppid, memoryMb * 1024 * 1024);

process.on("disconnect", () => process.exit(0));
process.on("message", (message) => {
  // safe: the parent is our own code and sends nothing else
  void answer(message as ParseRequest).then(send);
});
await loadPdfjs();
send({ kind: "ready" });

function send(message: ChildMessage): void {
  process.send?.(message);
}

async function answer({ id, input }: ParseRequest): Promise<ChildMessage> {
  try {
    return { kind: "parsed", id, document: await readDocument(input), peakBytes: peakBytes() };
  } catch (error) {
    const known = error instanceof DocumentError ? error : new DocumentError("internal", undefined, { cause: error });
    const { cause } = known;
    const detail = cause instanceof Error ? (cause.stack ?? cause.message) : "";
    return { kind: "failed", id, code: known.code, message: known.message, detail: detail.slice(0, 4000), peakBytes: peakBytes() };
  }
}

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
