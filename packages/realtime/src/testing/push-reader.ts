/**
 * A reader that is handed events, for this package's tests.
 *
 * @module
 */

import type { StreamEvent } from "@axon/contracts/events";
import type { Parcel } from "@axon/contracts/live-stream";
import type { Hub } from "../hub.ts";
import { parsePosition } from "../position.ts";
import type { Tracked } from "../walk.ts";
import type { Scene } from "./scene.ts";

export interface PushedReader {
  /** Stops after so many batches. */
  batchesMax: number;
  /** True when it has had enough for a moment. */
  full(): boolean;
  /** True when there is nothing more to come. */
  over(): boolean;
}

/** Takes what comes after the last of `all`, and adds it. Resolves when it has stopped; throws when it is handed something while it is full. */
export function push(hub: Hub, { workspaceId, conversationId }: Scene, all: Tracked[], reader: PushedReader): Promise<void> {
  return new Promise((resolve, reject) => {
    let batches = 0;
    let isFull = false;
    const stopped = (act: () => void) => {
      queueMicrotask(() => {
        stop();
        act();
      });
    };
    const stop = hub.push({
      workspaceId,
      conversationId,
      after: parsePosition(all.at(-1)?.id ?? "0"),
      sink: {
        push(parcels) {
          if (batches >= reader.batchesMax || reader.over()) return true; // It has stopped, and forgets what is on its way.
          if (isFull) reject(new Error("it was full"));
          all.push(...parcels.map(toTracked));
          batches += 1;
          if (batches >= reader.batchesMax || reader.over()) stopped(resolve);
          isFull = reader.full();
          return !isFull;
        },
        whenReady(resume) {
          setTimeout(() => {
            isFull = false;
            resume();
          }, 1);
        },
        end: (error) => stopped(() => (error === null ? resolve() : reject(error))),
      },
    });
  });
}

function toTracked({ id, event }: Parcel): Tracked {
  return { id, event: event as StreamEvent }; // safe: what the hub hands out
}
