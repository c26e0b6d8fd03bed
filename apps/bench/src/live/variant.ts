/**
 * What the bench asks of each way to serve sockets.
 *
 * @module
 */
import type { Server } from "node:http";

export const variantNames = ["raw", "socket.io", "trpc", "axon"] as const;
export type VariantName = (typeof variantNames)[number];

/** All readers follow one stream, or each its own. */
export type Shape = "room" | "each";

export interface Variant {
  /** Readers that would get a message that is sent now. */
  readers(): number;
  /** Sends one message to all readers of the room. */
  toRoom(): void;
  /** Sends the reader with this number (from 0 on) one of its own. */
  toOne(reader: number): void;
}

export interface VariantOptions {
  server: Server;
  shape: Shape;
  /** Signs and checks the callers' tokens, where a variant does. */
  secret: Uint8Array;
}
