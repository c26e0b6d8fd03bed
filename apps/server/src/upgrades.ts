/**
 * Who may open a socket: the same door as for requests (origin, rate, size of the request), and so many sockets for each address.
 *
 * @module
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Limits } from "@axon/contracts/limits";
import { Refusal } from "@axon/core/errors";
import { addressKey, clientAddress, type TrustProxy } from "./client-address.ts";
import { requestLimit, tooManyRequests } from "./door.ts";
import { rawAnswer } from "./door-answer.ts";
import type { DoorOptions } from "./door-options.ts";
import { foreignOrigin, type Origins } from "./origins.ts";
import { createTally } from "./tally.ts";

/** Where sockets are opened. */
const socketPath = "/trpc";
/** Where visitors of widgets open theirs, from anybody's pages. Over these nobody is anything but a visitor. */
export const widgetSocketPath = "/trpc/widget";
const socketRetryMs = 5_000;

export interface UpgradeDeps {
  origins: Origins;
  limits: Limits;
  trust: TrustProxy;
  perMinute: number;
  socketsPerAddress: number;
  options: DoorOptions;
  /** False once the server has begun to stop. */
  open(): boolean;
  /** Takes over a connection that may become a socket. */
  accept(request: IncomingMessage, connection: Duplex, head: Buffer): void;
}

export function admitUpgrades(server: Server, deps: UpgradeDeps): void {
  const ofAddress = createTally(deps.socketsPerAddress);
  server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on("error", () => {}); // Whoever hangs up now is gone, and nothing else.
    admit(request, connection, head).catch(() => connection.destroy());
  });

  async function admit(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    const address = clientAddress(request, deps.trust);
    if (address === null) return void connection.destroy();
    const key = addressKey(address);
    const allowance = await deps.limits.take(requestLimit(deps.perMinute), key);
    const no = allowance.ok ? refusalOf(request, deps) : { refusal: tooManyRequests(allowance.retryAfterMs) };
    if (no !== null) return turnAway(request, connection, no);
    if (!ofAddress.enter(key)) {
      const refusal = new Refusal("rate_limited", "Too many sockets are open from this address", { retryAfterMs: socketRetryMs });
      return turnAway(request, connection, { refusal });
    }
    connection.once("close", () => ofAddress.leave(key));
    if (connection.destroyed) return ofAddress.leave(key);
    return deps.accept(request, connection, head);
  }
}

interface No {
  refusal: Refusal;
  status?: number;
}

function refusalOf(request: IncomingMessage, { origins, options, open }: UpgradeDeps): No | null {
  const url = request.url ?? "";
  if (!open()) return { refusal: new Refusal("busy", "This server is stopping", { retryAfterMs: 1_000 }) };
  const path = url.split("?", 1)[0];
  if (path !== socketPath && path !== widgetSocketPath) return { refusal: new Refusal("not_found", "There is no such route") };
  if (url.length > options.urlCharsMax) return { refusal: new Refusal("too_large", "The address is too long"), status: 414 };
  if (request.rawHeaders.length / 2 > options.headersMax) return { refusal: new Refusal("too_large", "Too many headers"), status: 431 };
  // CORS does not keep pages from opening sockets, so this does. Others than browsers send no origin.
  const { origin } = request.headers;
  return origin === undefined || path === widgetSocketPath || origins.isAllowed(origin) ? null : { refusal: foreignOrigin() };
}

function turnAway(request: IncomingMessage, connection: Duplex, { refusal, status }: No): void {
  connection.end(rawAnswer(refusal, request.url ?? "", status), () => connection.destroy());
}
