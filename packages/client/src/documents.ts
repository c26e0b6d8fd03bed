/**
 * A document's way in, from the caller's side: ask for a place, put the bytes there, say so, wait until it is read.
 *
 * @module
 */
import type { Document, DocumentStatus } from "@axon/contracts/knowledge";
import { backoffMs, pause } from "./backoff.ts";
import { AxonError, axonErrorOf, mayPass } from "./errors.ts";
import type { FollowedEvent } from "./follow.ts";

export interface UploadInput {
  sourceId: string;
  /** With its ending: `returns.pdf`. */
  name: string;
  /** Left out, it is told from the name's ending. */
  mime?: string | undefined;
  bytes: Uint8Array;
}

export interface DocumentProgress {
  documentId: string;
  status: DocumentStatus;
  done: number;
  total: number;
}

export interface WaitOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DocumentProgress) => void) | undefined;
  /** Gives up with reason `timeout` after this long. Ingestion itself gives up after 10 minutes a try. */
  timeoutMs?: number | undefined;
}

/** What this needs of the server, so that it can be tried without one. */
export interface DocumentPorts {
  createUpload(input: {
    sourceId: string;
    name: string;
    mime: string;
    bytes: number;
  }): Promise<{ documentId: string; url: string; headers: Record<string, string> }>;
  put(
    url: string,
    init: { headers: Record<string, string>; body: Uint8Array },
  ): Promise<{ ok: boolean; status: number; text(): Promise<string> }>;
  completeUpload(input: { documentId: string }): Promise<unknown>;
  get(input: { documentId: string }): Promise<Document>;
  progress(documentId: string, signal: AbortSignal): AsyncIterable<FollowedEvent>;
}

const putAttemptsMax = 3;
const pollMs = 1_500;
/** Failed questions in a row that are borne while waiting: about a minute, in which a server can be restarted. */
const askFailuresMax = 15;
const waitMsDefault = 30 * 60_000;

/** Uploads the bytes and has them queued for reading. Gives the new document's id; refuses `unsupported_type` by the name. */
export async function uploadDocument(ports: DocumentPorts, input: UploadInput): Promise<{ documentId: string }> {
  // Loaded only when asked for: the list of types brings the whole schema library into a browser's bundle.
  const mime = input.mime ?? (await import("./mime.ts")).mimeOfName(input.name);
  if (mime === null) throw new AxonError({ reason: "unsupported_type", message: `${input.name}: this kind of file cannot be read` });
  const upload = await ports.createUpload({ sourceId: input.sourceId, name: input.name, mime, bytes: input.bytes.byteLength });
  await putBytes(ports, upload, input.bytes);
  await ports.completeUpload({ documentId: upload.documentId });
  return { documentId: upload.documentId };
}

/** Putting the same bytes twice is harmless, so what may be a passing trouble is tried again. */
async function putBytes(ports: DocumentPorts, upload: { url: string; headers: Record<string, string> }, body: Uint8Array): Promise<void> {
  let problem = "";
  for (let attempt = 0; attempt < putAttemptsMax; attempt += 1) {
    if (attempt > 0) await pause(backoffMs(attempt));
    try {
      const response = await ports.put(upload.url, { headers: upload.headers, body });
      if (response.ok) return;
      problem = `status ${response.status}: ${(await response.text()).slice(0, 200)}`;
      if (response.status < 500 && response.status !== 429) {
        throw new AxonError({
          reason: response.status === 413 ? "too_large" : "upload_mismatch",
          message: `the upload was refused (${problem})`,
        });
      }
    } catch (error) {
      if (error instanceof AxonError) throw error;
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  throw new AxonError({ reason: "unreachable", message: `the upload did not get through in ${putAttemptsMax} tries (${problem})` });
}

/**
 * Resolves with the document once it is `ready` or `failed`. Progress comes live where a socket gets through and by
 * asking every 1.5 s where none does. Rejects with reason `aborted` or `timeout`.
 */
export async function waitForDocument(ports: DocumentPorts, documentId: string, options: WaitOptions = {}): Promise<Document> {
  const over = new AbortController();
  const stop = () => over.abort();
  options.signal?.addEventListener("abort", stop, { once: true });
  const deadline = Date.now() + (options.timeoutMs ?? waitMsDefault);
  let asked = new AbortController();
  let failures = 0;
  let lastTold = "";
  const tell = (progress: DocumentProgress) => {
    const told = `${progress.status} ${progress.done}/${progress.total}`;
    if (told !== lastTold) options.onProgress?.(progress);
    lastTold = told;
  };

  const listening = listen(ports, documentId, over.signal, (progress) => {
    tell(progress);
    if (isFinal(progress.status)) asked.abort(); // Ask at once: only the document itself says it is published.
  });
  try {
    for (;;) {
      if (options.signal?.aborted) throw new AxonError({ reason: "aborted", message: "waiting for the document was given up" });
      if (Date.now() > deadline) throw new AxonError({ reason: "timeout", message: "the document was not ready in time" });
      asked = new AbortController();
      const document = await ports.get({ documentId }).catch((cause: unknown) => {
        if (failures >= askFailuresMax || !mayPass(axonErrorOf(cause))) throw axonErrorOf(cause);
        return null;
      });
      if (document === null) {
        await pause(backoffMs(failures), over.signal);
        failures += 1;
        continue;
      }
      failures = 0;
      if (isFinal(document.status)) {
        tell({ documentId, status: document.status, ...document.progress });
        return document;
      }
      if (lastTold === "") tell({ documentId, status: document.status, ...document.progress });
      await pause(pollMs, AbortSignal.any([asked.signal, over.signal]));
    }
  } finally {
    over.abort();
    options.signal?.removeEventListener("abort", stop);
    await listening;
  }
}

async function listen(
  ports: DocumentPorts,
  documentId: string,
  signal: AbortSignal,
  onProgress: (progress: DocumentProgress) => void,
): Promise<void> {
  try {
    for await (const { event } of ports.progress(documentId, signal)) {
      if (event.type === "document.progress" && event.documentId === documentId) {
        onProgress({ documentId, status: event.status, done: event.done, total: event.total });
      }
    }
  } catch {
    // No socket, no live progress; asking goes on and will meet the same trouble if it is more than that.
  }
}

function isFinal(status: DocumentStatus): boolean {
  return status === "ready" || status === "failed";
}
