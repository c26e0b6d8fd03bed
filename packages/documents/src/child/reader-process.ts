/**
 * One child process that reads documents, held by its parent: starts it, gives it one document at a time, and kills it without mercy.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DocumentError, isDocumentErrorCode } from "../document-error.ts";
import type { DocumentInput, ParsedDocument } from "../parsed-document.ts";
import type { ChildMessage, ParseRequest } from "./messages.ts";
import { readRssBytes } from "./rss.ts";

/** What one reading cost, for metrics. `peakBytes` is the largest memory of the child that was seen. */
export interface ReadingCost {
  ms: number;
  peakBytes: number;
}

export interface ReaderProcess {
  /** Reads one document. Whatever goes wrong, the promise settles with the document or a `DocumentError`. */
  read: (input: DocumentInput, timeoutMs: number, signal?: AbortSignal) => Promise<ParsedDocument>;
  /** Settles when the child has loaded, died or taken longer than `startMsMax`; gives whether it can be used. */
  ready: Promise<boolean>;
  /** True until it was killed or died. */
  isAlive: () => boolean;
  readonly pid: number | undefined;
  /** Of the last reading. */
  cost: () => ReadingCost;
  kill: () => void;
}

/** How long a child may take to start, in milliseconds: only a machine that is far too busy takes more. */
const startMsMax = 60_000;
/** How often the parent looks at the child's memory, in milliseconds. */
const lookEveryMs = 100;
/** Bytes of the child's last words that are kept to tell why it died. */
const stderrCharsMax = 8_000;

/** Starts a child whose memory may not go above `memoryMb`. It takes some hundred milliseconds until it is ready. */
export function startReaderProcess(memoryMb: number): ReaderProcess {
  const child = forkChild(memoryMb);
  const state = { alive: true, peakBytes: 0, ms: 0, lastWords: "", nextId: 1 };
  child.stderr?.on("data", (part: Buffer) => {
    state.lastWords = (state.lastWords + part.toString()).slice(-stderrCharsMax);
  });
  child.once("exit", () => {
    state.alive = false;
  });
  child.on("error", () => {
    state.alive = false;
  });
  const kill = () => {
    state.alive = false;
    child.kill("SIGKILL");
  };

  const ready = whenReady(child).then((isReady) => {
    if (!isReady) kill();
    return isReady;
  });
  const read: ReaderProcess["read"] = async (input, timeoutMs, signal) => {
    const started = performance.now();
    state.peakBytes = 0;
    try {
      return await readOnce(child, { id: state.nextId++, input }, { ready, timeoutMs, memoryMb, signal, kill, state });
    } finally {
      state.ms = performance.now() - started;
    }
  };
  return { read, ready, isAlive: () => state.alive, pid: child.pid, cost: () => ({ ms: state.ms, peakBytes: state.peakBytes }), kill };
}

interface Reading {
  ready: Promise<boolean>;
  timeoutMs: number;
  memoryMb: number;
  signal: AbortSignal | undefined;
  kill: () => void;
  state: { peakBytes: number; lastWords: string };
}

/** One request and its one outcome: an answer, a death, or the death we give it. The time limit counts from when the child is ready. */
function readOnce(child: ChildProcess, request: ParseRequest, reading: Reading): Promise<ParsedDocument> {
  const { state, signal } = reading;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (outcome: ParsedDocument | DocumentError) => {
      clearTimeout(timer);
      clearInterval(look);
      child.off("message", onMessage).off("exit", onExit).off("error", onError);
      signal?.removeEventListener("abort", onAbort);
      if (outcome instanceof DocumentError) reject(outcome);
      else resolve(outcome);
    };
    const stop = (error: DocumentError) => {
      reading.kill();
      settle(error);
    };
    const onMessage = (message: unknown) => {
      const answer = message as ChildMessage; // safe: the child runs our own code
      if (answer.kind === "ready" || answer.id !== request.id) return;
      state.peakBytes = Math.max(state.peakBytes, answer.peakBytes);
      settle(answer.kind === "parsed" ? answer.document : failure(answer));
    };
    const onExit = (code: number | null, exitSignal: NodeJS.Signals | null) => settle(deathOf(code, exitSignal, state.lastWords));
    const onError = (cause: Error) => stop(new DocumentError("internal", undefined, { cause }));
    const onAbort = () => stop(new DocumentError("timeout", "Reading the file was stopped.", { cause: signal?.reason }));
    const look = setInterval(() => {
      const rss = child.pid === undefined ? null : readRssBytes(child.pid);
      if (rss === null) return;
      state.peakBytes = Math.max(state.peakBytes, rss);
      if (rss > reading.memoryMb * 1024 * 1024) stop(new DocumentError("out_of_memory"));
    }, lookEveryMs);
    child.on("message", onMessage).once("exit", onExit).once("error", onError);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) return onAbort();
    void reading.ready.then((isReady) => {
      if (!isReady) return stop(deathOf(null, null, state.lastWords));
      timer = setTimeout(() => stop(new DocumentError("timeout")), reading.timeoutMs);
      child.send(request, (cause) => {
        if (cause) stop(new DocumentError("internal", undefined, { cause }));
      });
    });
  });
}

function whenReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isReady: boolean) => {
      clearTimeout(timer);
      child.off("message", onMessage).off("exit", onEnd).off("error", onEnd);
      resolve(isReady);
    };
    const onMessage = (message: unknown) => {
      // safe: the child runs our own code
      if ((message as ChildMessage).kind === "ready") settle(true);
    };
    const onEnd = () => settle(false);
    const timer = setTimeout(onEnd, startMsMax);
    child.on("message", onMessage).once("exit", onEnd).once("error", onEnd);
  });
}

/** The compiled entry under plain Node; the TypeScript entry, through tsx, when this file itself runs as TypeScript. */
function forkChild(memoryMb: number): ChildProcess {
  const asTypeScript = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(asTypeScript ? "./main.ts" : "./main.js", import.meta.url));
  const loader = asTypeScript ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href] : [];
  return fork(entry, [String(memoryMb)], {
    execArgv: [...loader, `--max-old-space-size=${Math.max(32, Math.floor(memoryMb * 0.75))}`],
    env: {}, // the reader of strangers' files sees none of our secrets
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
}

function failure(answer: Extract<ChildMessage, { kind: "failed" }>): DocumentError {
  const code = isDocumentErrorCode(answer.code) ? answer.code : "internal";
  return new DocumentError(code, answer.message, answer.detail === "" ? {} : { cause: new Error(answer.detail) });
}

/** A child that died by itself: V8 aborts when its heap is full, the watchdog and the kernel kill when memory is short. */
function deathOf(code: number | null, signal: NodeJS.Signals | null, lastWords: string): DocumentError {
  const cause = new Error(`the reader ended with code ${code}, signal ${signal}: ${lastWords.slice(-1000)}`);
  const starved = signal === "SIGKILL" || signal === "SIGABRT" || code === 134 || /out of memory|allocation failed/i.test(lastWords);
  return new DocumentError(starved ? "out_of_memory" : "internal", undefined, { cause });
}
