/**
 * One subscription over a socket: what it gives goes out as frames, until it ends, is stopped, or its socket is gone.
 *
 * A stream that can hand out what it has writes bytes and waits for nobody; any other is read, one by one, as fast as its reader
 * takes it in.
 *
 * @module
 */
import { isPushed, type Parcel, type Sink } from "@axon/contracts/live-stream";
import { isTrackedEnvelope } from "@trpc/server";
import { frameFor } from "./frames.ts";

/** What a subscription needs of its socket. */
export interface Outlet {
  /** Sends bytes as they are. */
  write(frame: Uint8Array): void;
  /** True when the reader has more unread than it may. */
  full(): boolean;
  /** Calls back when it has taken in all of it; not at all when it never will. */
  whenEmpty(resume: () => void): void;
  /** Sends one of tRPC's answers. */
  answer(address: string, rest: string): void;
  /** Says what went wrong, and tells whoever watches. */
  fail(error: unknown): void;
  /** The subscription is over, and its id is free. */
  over(): void;
}

export class Subscription implements Sink {
  readonly #address: string;
  readonly #outlet: Outlet;
  readonly #abort: AbortController;
  #stop: (() => void) | null = null;
  #over = false;

  constructor(address: string, outlet: Outlet, abort: AbortController) {
    this.#address = address;
    this.#outlet = outlet;
    this.#abort = abort;
  }

  begin(stream: AsyncIterable<unknown>): void {
    if (isPushed(stream)) {
      const stop = stream.pushTo(this);
      if (this.#over) stop();
      else this.#stop = stop;
    } else this.#read(stream).catch((error: unknown) => this.end(error));
  }

  push(parcels: readonly Parcel[]): boolean {
    if (this.#over) return true;
    for (const parcel of parcels) this.#outlet.write(frameFor(parcel, this.#address));
    return !this.#outlet.full();
  }

  whenReady(resume: () => void): void {
    if (!this.#over) this.#outlet.whenEmpty(resume);
  }

  end(error: unknown): void {
    if (this.#over) return;
    this.#leave();
    if (error !== null) this.#outlet.fail(error);
    this.#outlet.answer(this.#address, '"result":{"type":"stopped"}}');
    this.#outlet.over();
  }

  /** The reader wants no more: it is told that this is over. */
  stop(): void {
    if (this.#over) return;
    this.#leave();
    this.#outlet.answer(this.#address, '"result":{"type":"stopped"}}');
    this.#outlet.over();
  }

  /** The socket is gone: nobody is told. */
  drop(): void {
    if (!this.#over) this.#leave();
  }

  #leave(): void {
    this.#over = true;
    this.#stop?.();
    this.#stop = null;
    this.#abort.abort();
  }

  async #read(stream: AsyncIterable<unknown>): Promise<void> {
    const iterator = stream[Symbol.asyncIterator]();
    let wake = () => {};
    this.#stop = () => wake();
    // A promise anew for each event: one that lives as long as the stream would gather a reaction with each.
    const unlessStopped = (next: Promise<IteratorResult<unknown>>) =>
      new Promise<IteratorResult<unknown> | null>((resolve, reject) => {
        wake = () => resolve(null);
        next.then(resolve, reject);
      });
    const untilEmpty = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        this.#outlet.whenEmpty(resolve);
      });
    try {
      while (!this.#over) {
        const next = await unlessStopped(iterator.next());
        if (next === null || this.#over) return;
        if (next.done === true) return this.end(null);
        this.#tell(next.value);
        if (this.#outlet.full()) await untilEmpty();
      }
    } finally {
      // Not waited for: it may be in the middle of reading what will never come.
      iterator.return?.()?.then(undefined, () => {});
    }
  }

  #tell(value: unknown): void {
    if (!isTrackedEnvelope(value)) {
      this.#outlet.answer(this.#address, `"result":{"type":"data","data":${JSON.stringify(value)}}}`);
      return;
    }
    const [id, data] = value;
    const place = JSON.stringify(id);
    const told = JSON.stringify(data);
    this.#outlet.answer(this.#address, `"result":{"type":"data","data":{"id":${place},"data":${told}},"id":${place}}}`);
  }
}
