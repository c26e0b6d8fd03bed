/**
 * Reads of one stream's log, shared by the followers who stand at the same place.
 *
 * A read is good until there is news. It does not know what news is: whoever does says `forget`.
 *
 * @module
 */
import type { LogRow } from "./log.ts";

/** Reads kept for followers who come to the same place a moment later. */
const readsKeptMax = 16;
/** Larger reads are shared only while they are under way: a live tail is short, and memory is for every stream. */
const rowsKeptMax = 32;

export interface LogRead {
  rows: readonly LogRow[];
  /** The tick at which the read was over: what was in the delta buffer by then belongs before these rows. */
  asOf: number;
}

export class SharedReads {
  readonly #read: (after: number) => Promise<LogRead>;
  readonly #onError: (error: unknown) => void;
  /** Mostly all stand at one place, so the last read has no need of a map. */
  #last: { seq: number; reading: Promise<LogRead> } | null = null;
  #others: Map<number, Promise<LogRead>> | null = null;

  constructor(read: (after: number) => Promise<LogRead>, onError: (error: unknown) => void) {
    this.#read = read;
    this.#onError = onError;
  }

  /** What the log has after this number. Rejects as the log does; the failure is reported once and not kept. */
  after(seq: number): Promise<LogRead> {
    return this.#last?.seq === seq ? this.#last.reading : (this.#others?.get(seq) ?? this.#begin(seq));
  }

  /** From now on reads begin anew. Those under way still reach who waits for them. */
  forget(): void {
    this.#last = null;
    this.#others = null;
  }

  #begin(seq: number): Promise<LogRead> {
    const reading = this.#watched(seq);
    if (this.#last !== null) {
      this.#others ??= new Map();
      if (this.#others.size >= readsKeptMax) this.#others.clear();
      this.#others.set(this.#last.seq, this.#last.reading);
    }
    this.#last = { seq, reading };
    return reading;
  }

  async #watched(seq: number): Promise<LogRead> {
    try {
      const read = await this.#read(seq);
      if (read.rows.length > rowsKeptMax) this.#drop(seq);
      return read;
    } catch (error) {
      this.#drop(seq);
      this.#onError(error);
      throw error;
    }
  }

  #drop(seq: number): void {
    if (this.#last?.seq === seq) this.#last = null;
    else this.#others?.delete(seq);
  }
}
