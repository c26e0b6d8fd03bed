/**
 * A stream that ends when its caller's right to it does: nothing is delivered after, and the reader is told why.
 *
 * @module
 */
import type { PushedStream, Sink } from "@axon/contracts/live-stream";
import type { Refusal } from "@axon/core/errors";
import { around } from "./live-stream.ts";

export interface StreamGuard {
  /** Takes a place for the stream, at its first reading; gives the way out. May refuse. */
  enter(): Promise<() => void>;
  /** Tells when the caller may not have it any longer; gives the way to stop listening. */
  watch(onEnd: (refusal: Refusal) => void): () => void;
  /** Ends what the stream reads from. */
  abort(): void;
}

/** The same events, up to the moment in which the guard says no; then the reader gets that refusal. */
export function guardStream(events: AsyncIterable<unknown>, guard: StreamGuard): AsyncIterable<unknown> {
  return around(events, {
    read: (inner) => readGuarded(inner, guard),
    push: (inner, sink) => new GuardedPush(guard, sink).begin(inner),
  });
}

async function* readGuarded(events: AsyncIterable<unknown>, guard: StreamGuard): AsyncGenerator<unknown> {
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

class GuardedPush implements Sink {
  readonly #guard: StreamGuard;
  readonly #sink: Sink;
  #endings: (() => void)[] = [];
  #over = false;

  constructor(guard: StreamGuard, sink: Sink) {
    this.#guard = guard;
    this.#sink = sink;
  }

  begin(events: PushedStream<unknown>): () => void {
    this.#enter(events).catch((error: unknown) => this.end(error));
    return () => this.#close();
  }

  async #enter(events: PushedStream<unknown>): Promise<void> {
    const leave = await this.#guard.enter();
    if (this.#over) return leave();
    this.#endings = [leave, () => this.#guard.abort()];
    this.#endings.push(this.#guard.watch((refusal) => this.end(refusal)));
    const stop = events.pushTo(this);
    if (this.#over) stop();
    else this.#endings.push(stop);
  }

  push(...[parcels]: Parameters<Sink["push"]>): boolean {
    return this.#over || this.#sink.push(parcels);
  }

  whenReady(resume: () => void): void {
    this.#sink.whenReady(resume);
  }

  end(error: unknown): void {
    if (this.#over) return;
    this.#close();
    this.#sink.end(error);
  }

  #close(): void {
    this.#over = true;
    for (const end of this.#endings.splice(0)) end();
  }
}
