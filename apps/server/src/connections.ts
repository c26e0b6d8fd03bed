/**
 * How many connections one address, and everybody together, holds open to this process.
 *
 * @module
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { Refusal } from "@axon/core/errors";
import { addressKey, type TrustProxy } from "./client-address.ts";
import { rawAnswer } from "./door-answer.ts";
import { createTally } from "./tally.ts";

export interface ConnectionLimits {
  perAddress: number;
  total: number;
  /** Proxies bring the connections of others, so they are counted only towards the total. */
  trust: TrustProxy;
}

/** How long somebody who is turned away has to read why. */
const goodbyeMs = 1_000;

export function limitConnections(server: Server, { perAddress, total, trust }: ConnectionLimits): void {
  const tally = createTally(perAddress);
  let open = 0;
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress;
    if (address === undefined) return socket.destroy();
    if (open >= total) return turnAway(socket, new Refusal("busy", "This server has too many connections", { retryAfterMs: 5_000 }));
    const key = trust(address, 0) ? null : addressKey(address);
    if (key !== null && !tally.enter(key))
      return turnAway(socket, new Refusal("rate_limited", "Too many connections from this address", { retryAfterMs: 5_000 }));
    open += 1;
    return socket.once("close", () => {
      open -= 1;
      if (key !== null) tally.leave(key);
    });
  });
}

function turnAway(socket: Socket, refusal: Refusal): void {
  socket.on("error", () => {});
  socket.end(rawAnswer(refusal, ""));
  const gone = setTimeout(() => socket.destroy(), goodbyeMs);
  socket.once("close", () => clearTimeout(gone));
}
