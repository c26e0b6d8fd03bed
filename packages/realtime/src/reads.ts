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

export interface SharedReads {
  /** What the log has after this number. Rejects as the log does; the failure is reported once and not kept. */
  after(seq: number): Promise<LogRead>;
  /** From now on reads begin anew. Those under way still reach who waits for them. */
  forget(): void;
}

export function createSharedReads(read: (after: number) => Promise<LogRead>, onError: (error: unknown) => void): SharedReads {
  const kept = new Map<number, Promise<LogRead>>();

  function begin(seq: number): Promise<LogRead> {
    const reading = read(seq);
    if (kept.size >= readsKeptMax) kept.clear();
    kept.set(seq, reading);
    const drop = () => {
      if (kept.get(seq) === reading) kept.delete(seq);
    };
    reading.then(
      ({ rows }) => {
        if (rows.length > rowsKeptMax) drop();
      },
      (error: unknown) => {
        drop();
        onError(error);
      },
    );
    return reading;
  }

  return { after: (seq) => kept.get(seq) ?? begin(seq), forget: () => kept.clear() };
}
