/**
 * Turns a model's tokens into numbered pieces: the first leaves at once, the rest in windows of some milliseconds.
 *
 * A piece is numbered once and for good, then appended until the buffer has it; only then is it announced. One append is
 * under way at a time, so a slow buffer means larger pieces, not a queue. Trouble never reaches the caller: a reply that
 * cannot be streamed is still stored and sent whole.
 *
 * @module
 */
import type { Bus } from "./bus.ts";
import { type DeltaBuffer, pieceCharsMax, type ReplyRef, replyCharsMax } from "./deltas.ts";
import { announcePiece } from "./hints.ts";
import { within } from "./waits.ts";

const appendTimeoutMs = 500;
const flushTimeoutMs = 1_000;
/** Pause after an append that failed. */
const retryMs = 250;
/** Appends in one go: a second one when the buffer had lost the beginning. */
const appendsPerSendMax = 2;
/** Goes that `flush` makes before it gives up. */
const flushSendsMax = 3;

export interface DeltaWriterOptions {
  buffer: DeltaBuffer;
  bus: Bus;
  reply: ReplyRef;
  /** Tokens that come within this long of each other travel as one piece. */
  coalesceMs?: number;
  onError?: (error: unknown) => void;
}

export interface DeltaWriter {
  /** Takes the next words of the reply. Neither waits nor throws. */
  write(text: string): void;
  /** Resolves when the buffer has all that was written, or could not take it within about a second. Await it before the settle commits. */
  flush(): Promise<void>;
  /** Drops what is not sent yet and takes no more: for a reply that was superseded or failed. */
  stop(): void;
}

export function createDeltaWriter(options: DeltaWriterOptions): DeltaWriter {
  const { buffer, bus, reply, coalesceMs = 15, onError = () => {} } = options;
  const texts: string[] = []; // Numbered. Kept to the end, because a buffer that was wiped is filled again from here.
  let loose = ""; // Not numbered yet.
  let half = ""; // The first half of a character whose second half has not come.
  let chars = 0;
  let stored = 0;
  let announced = 0;
  let stopped = false;
  let notBeforeMs = 0;
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> | null = null;

  const waiting = () => !stopped && (loose !== "" || stored < texts.length);

  function stop(): void {
    stopped = true;
    loose = "";
    half = "";
    if (timer) clearTimeout(timer);
    timer = null;
  }

  function pump(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    sending ??= send().finally(() => {
      sending = null;
      sendWhenDue();
    });
    return sending;
  }

  function sendWhenDue(): void {
    if (!waiting() || timer || sending) return;
    const waitMs = notBeforeMs - performance.now();
    if (waitMs <= 0) void pump();
    else timer = setTimeout(() => void pump(), waitMs);
  }

  async function send(): Promise<void> {
    notBeforeMs = performance.now() + coalesceMs;
    texts.push(...cutPieces(loose));
    loose = "";
    try {
      for (let round = 0; round < appendsPerSendMax && !stopped && stored < texts.length; round += 1) await appendOnce();
    } catch (error) {
      notBeforeMs = performance.now() + retryMs;
      onError(error);
    }
  }

  async function appendOnce(): Promise<void> {
    const from = stored;
    const wanted = await within(buffer.append(reply, from, texts.slice(from)), appendTimeoutMs, "appending a piece of a reply");
    if (wanted === from) return stop(); // Full.
    stored = Math.min(wanted, texts.length);
    for (const [offset, text] of texts.slice(announced, stored).entries()) announcePiece(bus, reply, announced + offset, text);
    announced = Math.max(announced, stored);
  }

  async function sendAll(): Promise<void> {
    await sending;
    for (let go = 0; go < flushSendsMax && waiting(); go += 1) await pump();
  }

  return {
    write(text) {
      if (stopped || text === "") return;
      chars += text.length;
      if (chars > replyCharsMax) return stop();
      const joined = half + text;
      half = endsInHalf(joined) ? joined.slice(-1) : "";
      loose += half === "" ? joined : joined.slice(0, -1);
      sendWhenDue();
    },
    async flush() {
      loose += half;
      half = "";
      try {
        await within(sendAll(), flushTimeoutMs, "flushing a reply");
      } catch (error) {
        onError(error);
      }
      if (waiting()) stop(); // What comes later than the stored reply is of no use to anyone.
    },
    stop,
  };
}

/** True when the text ends between the two code units of one character; cut there, both halves would be lost in UTF-8. */
function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

function cutPieces(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const piece = text.slice(at, at + pieceCharsMax);
    const whole = at + piece.length < text.length && endsInHalf(piece) ? piece.slice(0, -1) : piece;
    pieces.push(whole);
    at += whole.length;
  }
  return pieces;
}
