/**
 * A stream that ends when its caller's right to it does: nothing is delivered after, and the reader is told why.
 *
 * @module
 */
import type { Refusal } from "@axon/core/errors";

export interface StreamGuard {
  /** Takes a place for the stream, at its first reading; gives the way out. May refuse. */
  enter(): Promise<() => void>;
  /** Tells when the caller may not have it any longer; gives the way to stop listening. */
  watch(onEnd: (refusal: Refusal) => void): () => void;
  /** Ends what the stream reads from. */
  abort(): void;
}

/** The same events, up to the moment in which the guard says no; then it throws that refusal. */
export async function* guardStream(events: AsyncIterable<unknown>, guard: StreamGuard): AsyncGenerator<unknown> {
  const leave = await guard.enter();
  let refusal: Refusal | null = null;
  let wake: ((refusal: Refusal) => void) | null = null;
  const unwatch = guard.watch((no) => {
    refusal ??= no;
    wake?.(no);
  });
  const iterator = events[Symbol.asyncIterator]();
  // Not `Promise.race` with one lasting promise: each round would leave a reaction on it for as long as the stream lives.
  const nextOrRefusal = () =>
    new Promise<IteratorResult<unknown>>((resolve, reject) => {
      if (refusal !== null) return reject(refusal);
      wake = reject;
      return iterator.next().then(resolve, reject);
    });
  try {
    for (;;) {
      const next = await nextOrRefusal();
      if (refusal !== null) throw refusal;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    unwatch();
    leave();
    guard.abort();
    // Not waited for: it may be in the middle of reading what will never come.
    iterator.return?.()?.then(undefined, () => {});
  }
}
