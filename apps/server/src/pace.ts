/**
 * Not sending faster than a reader reads: tRPC's WebSocket handler itself would buffer without end.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";

/** What pacing needs of a `ws` socket. */
export interface PacedSocket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly OPEN: number;
  terminate(): void;
}

export interface PaceLimits {
  /** A reader who has this much unread is waited for. */
  unreadBytesMax: number;
  /** A reader who takes in nothing for this long is let go; it can come back and resume. */
  stalledMsMax: number;
}

export const paceLimits: PaceLimits = { unreadBytesMax: 1024 * 1024, stalledMsMax: 30_000 };
const lookEveryMs = 20;

/** Resolves when the reader has caught up, has left, or was let go. */
export async function pace(
  socket: PacedSocket,
  signal: AbortSignal,
  { unreadBytesMax, stalledMsMax }: PaceLimits = paceLimits,
): Promise<void> {
  let unread = socket.bufferedAmount;
  let stalledMs = 0;
  while (unread > unreadBytesMax && !signal.aborted && socket.readyState === socket.OPEN) {
    await sleep(lookEveryMs);
    const left = socket.bufferedAmount;
    stalledMs = left < unread ? 0 : stalledMs + lookEveryMs;
    unread = left;
    if (stalledMs > stalledMsMax) {
      socket.terminate();
      return;
    }
  }
}
