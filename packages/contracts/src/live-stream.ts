/**
 * How a live stream is passed on when nobody asks for the next event: whoever has it hands it out, and what the wire makes of an
 * event is made once, however many readers it has.
 *
 * It refuses to know what the events say, and which wire they go over.
 *
 * @module
 */

/** An event on its way to any number of readers. */
export interface Parcel {
  /** The place from which a reader goes on behind it. */
  readonly id: string;
  readonly event: unknown;
  /** The wire's own: what it made of this event for the first who asked, and for others, by whom it is addressed to. */
  frame: { readonly address: string; readonly bytes: Uint8Array } | null;
  frames: Map<string, Uint8Array> | null;
  /** The same as others are shown it, by who shows it; null for what is not theirs to see. */
  shown: Map<Show, Parcel | null> | null;
}

/** How an event looks to some readers; null for what they may not see. One function for all of them, so that it is asked once. */
export type Show = (event: never) => unknown;

/** Where parcels go. */
export interface Sink {
  /**
   * Takes them in, in order and at once. False: it has more unread than it may have, and is to be handed nothing more until
   * `whenReady` has called back. What it was handed with that call it has taken.
   */
  push(parcels: readonly Parcel[]): boolean;
  /** Calls back, once, when there is room again; not at all when there never will be. */
  whenReady(resume: () => void): void;
  /** The last call: nothing follows. `error` is null when the stream has simply ended. */
  end(error: unknown): void;
}

/** A stream that can be read, or be told to hand out what it has. */
export interface PushedStream<Item> extends AsyncIterable<Item> {
  /** Begins; gives the way to stop, after which the sink hears nothing more. */
  pushTo(sink: Sink): () => void;
}

export function createParcel(id: string, event: unknown): Parcel {
  return { id, event, frame: null, frames: null, shown: null };
}

/** The parcels as `show` shows them, those left out that are not to be seen. */
export function showParcels<Event>(parcels: readonly Parcel[], show: (event: Event) => unknown): Parcel[] {
  const key: Show = show;
  return parcels.flatMap((parcel) => {
    let known = parcel.shown?.get(key);
    if (known === undefined) {
      // safe: a stream's events are of one union, and whoever shows them is given it with the stream
      const shown = show(parcel.event as Event);
      known = shown === null ? null : createParcel(parcel.id, shown);
      parcel.shown ??= new Map();
      parcel.shown.set(key, known);
    }
    return known ?? [];
  });
}

export function isPushed(stream: AsyncIterable<unknown>): stream is PushedStream<unknown> {
  return "pushTo" in stream && typeof stream.pushTo === "function";
}
