/**
 * A stream of events as procedures give it: it can be read, over HTTP, and it can hand out what it has, over a socket. Whatever
 * is laid around a stream is laid around both ways at once.
 *
 * @module
 */
import type { StreamEvent } from "@axon/contracts/events";
import { isPushed, type PushedStream, type Sink, showParcels } from "@axon/contracts/live-stream";
import { type TrackedEnvelope, tracked } from "@trpc/server";
import type { LiveStreams } from "./context.ts";

export interface LiveStreamOptions<Shown> {
  live: Pick<LiveStreams, "follow" | "push">;
  /** Which stream, and from which place on; asked when it begins. May refuse. */
  begin(): Promise<{ workspaceId: string; conversationId?: string; after: string }>;
  /** Ends the reading of it. One that hands out is stopped by its sink. */
  signal: AbortSignal;
  /** How its readers see an event; null for what is not theirs. The same function for all who see it alike. */
  show(event: StreamEvent): Shown | null;
}

/** The events from the place on, as they are shown, each with the place behind it. */
export function liveStream<Shown>({ live, begin, signal, show }: LiveStreamOptions<Shown>): PushedStream<TrackedEnvelope<Shown>> {
  async function* read(): AsyncGenerator<TrackedEnvelope<Shown>> {
    for await (const { id, event } of live.follow({ ...(await begin()), signal })) {
      const shown = show(event);
      if (shown !== null) yield tracked(id, shown);
    }
  }
  return {
    [Symbol.asyncIterator]: read,
    pushTo(sink) {
      let stop: (() => void) | null = null;
      let stopped = false;
      const shown: Sink = {
        push: (parcels) => sink.push(show === asItIs ? parcels : showParcels(parcels, show)),
        whenReady: (resume) => sink.whenReady(resume),
        end: (error) => sink.end(error),
      };
      const start = async () => {
        const from = await begin();
        if (!stopped) stop = live.push({ ...from, sink: shown });
      };
      start().catch((error: unknown) => {
        if (!stopped) sink.end(error);
      });
      return () => {
        stopped = true;
        stop?.();
      };
    },
  };
}

/** For readers who may see everything. */
export function asItIs(event: StreamEvent): StreamEvent {
  return event;
}

export interface Around {
  read(events: AsyncIterable<unknown>): AsyncGenerator<unknown>;
  /** Begins the stream towards this sink; gives the way to stop it. */
  push(events: PushedStream<unknown>, sink: Sink): () => void;
}

/** The same stream with something around it, in the way in which it is used. */
export function around(events: AsyncIterable<unknown>, { read, push }: Around): AsyncIterable<unknown> {
  if (!isPushed(events)) return read(events);
  const both: PushedStream<unknown> = {
    [Symbol.asyncIterator]: () => read(events),
    pushTo: (sink) => push(events, sink),
  };
  return both;
}
