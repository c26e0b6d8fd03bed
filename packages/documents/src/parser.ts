/**
 * A small pool of warm child processes that read documents. A child that failed in any way that is not plainly the document's
 * own refusal is never used again, and none grows old.
 *
 * @module
 */
import { type ReaderProcess, type ReadingCost, startReaderProcess } from "./child/reader-process.ts";
import { DocumentError } from "./document-error.ts";
import { documentsPerChildMax, inputBytesMax, waitingMax } from "./limits.ts";
import type { DocumentInput, ParsedDocument } from "./parsed-document.ts";

export interface ParserOptions {
  /** Child processes, each reading one document at a time. */
  children: number;
  /** For one document, from the moment a child that has finished its start takes it. */
  timeoutMs: number;
  /** Ceiling for all memory of one child. About 120 MB of it is Node and PDF.js. */
  memoryMb: number;
  /** Told after every document, read or refused; for metrics. */
  onRead?: (cost: ReadingCost) => void;
}

export interface Parser {
  /** Reads one document, waiting for a free child first. Refuses with `DocumentError`; an abort stops it at once, with `timeout`. */
  parse: (input: DocumentInput, options?: { signal?: AbortSignal }) => Promise<ParsedDocument>;
  /** Settles when every child has started (or failed to): from then on a document pays no start. */
  warm: () => Promise<void>;
  /** Kills all children; documents being read are refused with `internal`. */
  close: () => Promise<void>;
}

interface Slot {
  reader: ReaderProcess | null;
  documents: number;
  busy: boolean;
}

/** Makes a parser and starts its children at once, so that the first document meets a warm one. */
export function createParser(options: ParserOptions): Parser {
  const slots: Slot[] = Array.from({ length: Math.max(1, options.children) }, () => ({
    reader: startReaderProcess(options.memoryMb),
    documents: 0,
    busy: false,
  }));
  const waiting: { wake: (slot: Slot | null) => void }[] = [];
  let closed = false;

  const take = (signal: AbortSignal | undefined) =>
    new Promise<Slot | null>((resolve) => {
      const free = slots.find((slot) => !slot.busy);
      if (free) {
        free.busy = true;
        return resolve(free);
      }
      const waiter = {
        wake: (slot: Slot | null) => {
          signal?.removeEventListener("abort", leave);
          resolve(slot);
        },
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(waiter), 1);
        resolve(null);
      };
      waiting.push(waiter);
      signal?.addEventListener("abort", leave, { once: true });
    });

  const giveBack = (slot: Slot) => {
    const next = waiting.shift();
    if (next) next.wake(slot);
    else slot.busy = false;
  };

  const readIn = async (slot: Slot, input: DocumentInput, signal: AbortSignal | undefined) => {
    if (!slot.reader?.isAlive()) Object.assign(slot, { reader: startReaderProcess(options.memoryMb), documents: 0 });
    const reader = slot.reader ?? startReaderProcess(options.memoryMb);
    slot.documents++;
    try {
      return await reader.read(input, options.timeoutMs, signal);
    } catch (error) {
      if (error instanceof DocumentError && (error.code === "internal" || error.code === "too_large")) reader.kill();
      throw error;
    } finally {
      if (slot.documents >= documentsPerChildMax) reader.kill();
      // The next child warms up while nobody waits for it.
      if (!reader.isAlive()) Object.assign(slot, { reader: closed ? null : startReaderProcess(options.memoryMb), documents: 0 });
      options.onRead?.(reader.cost());
    }
  };

  return {
    parse: async (input, { signal } = {}) => {
      if (closed) throw new Error("the parser is closed");
      // These need no child, and a file above the limit must not even be copied into one.
      if (input.bytes.length === 0) throw new DocumentError("empty");
      if (input.bytes.length > inputBytesMax) throw new DocumentError("too_large");
      if (signal?.aborted) throw stopped(signal);
      if (waiting.length >= waitingMax)
        throw new DocumentError("internal", "Too many files are waiting to be read. Please try again later.");
      const slot = await take(signal);
      if (!slot || closed) throw stopped(signal);
      try {
        return await readIn(slot, input, signal);
      } finally {
        giveBack(slot);
      }
    },
    warm: async () => {
      await Promise.all(slots.map((slot) => slot.reader?.ready));
    },
    close: async () => {
      closed = true;
      for (const { wake } of waiting.splice(0)) wake(null);
      for (const slot of slots) slot.reader?.kill();
    },
  };
}

function stopped(signal: AbortSignal | undefined): DocumentError {
  return signal?.aborted
    ? new DocumentError("timeout", "Reading the file was stopped.", { cause: signal.reason })
    : new DocumentError("internal", "Reading the file was stopped because the service is shutting down.");
}
