/**
 * What this process knows of a reply being written, shared by all its readers here: pieces 0..n in order, never with a hole.
 *
 * Pieces come two ways: sent ahead on the bus, or read from the buffer. One that would leave a hole is not taken;
 * it is the sign to read the buffer.
 *
 * @module
 */
import type { DeltaEvent } from "@axon/contracts/events";
import { type DeltaBuffer, piecesMax, type ReplyRef } from "./deltas.ts";
import { within } from "./waits.ts";

const readTimeoutMs = 1_000;

export interface Tail {
  /** The piece with this number, when it is known. The same object for every reader. */
  piece(index: number): DeltaEvent | undefined;
  /** A piece that was sent ahead. */
  offer(index: number, text: string): void;
  /** "The buffer may hold more than is known here." */
  doubt(): void;
  /** True when the buffer was not read since the last doubt, or since the tick `asOf`. */
  stale(asOf: number): boolean;
  /** Reads the buffer if it is stale. Trouble is reported, not thrown: the stored reply tells all in the end. */
  settle(asOf: number): Promise<void>;
}

export interface TailOptions {
  reply: ReplyRef;
  buffer: DeltaBuffer;
  /** The topic's counter: orders reads of the buffer against reads of the log. */
  tick: () => number;
  now: () => Date;
  onError: (error: unknown) => void;
}

export function createTail({ reply, buffer, tick, now, onError }: TailOptions): Tail {
  const pieces: DeltaEvent[] = [];
  let readAsOf = 0;
  let wanted = tick();
  let reading: Promise<void> | null = null;

  function take(index: number, text: string): void {
    if (index !== pieces.length || index >= piecesMax) return;
    pieces.push({ type: "reply.delta", id: `${reply.replyId}.${index}`, at: now().toISOString(), ...reply, index, text });
  }

  async function readBuffer(): Promise<void> {
    const asOf = tick();
    const from = pieces.length;
    try {
      const texts = await within(buffer.read(reply, from), readTimeoutMs, "reading the pieces of a reply");
      for (const [offset, text] of texts.entries()) take(from + offset, text);
    } catch (error) {
      onError(error);
    } finally {
      readAsOf = asOf; // After a failure too: the next hint or poll doubts again, a loop here would only hammer.
    }
  }

  return {
    piece: (index) => pieces[index],
    offer(index, text) {
      if (index > pieces.length) wanted = tick();
      else take(index, text);
    },
    doubt() {
      wanted = tick();
    },
    stale: (asOf) => readAsOf < Math.max(wanted, asOf),
    async settle(asOf) {
      const target = Math.max(wanted, asOf);
      // Twice at most: a read that is under way may have begun too early, the next one has not.
      while (readAsOf < target) {
        reading ??= readBuffer().finally(() => {
          reading = null;
        });
        await reading;
      }
    },
  };
}
