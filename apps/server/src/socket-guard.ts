/**
 * What one socket may do: how often, how much and how deep it may speak, how many streams it may hold, and for how long after
 * its caller has ended. A socket that goes too far is closed with a code that says why.
 *
 * It refuses to know what the messages ask for.
 *
 * @module
 */
import type { Principal } from "@axon/core/auth";
import { Refusal } from "@axon/core/errors";
import { type CallingSocket, liveCallerOf } from "./create-context.ts";
import type { DoorOptions } from "./door-options.ts";
import { jsonShapeOf } from "./json-shape.ts";
import type { LiveCallers } from "./live-callers.ts";
import { NumberedSocket } from "./request-log.ts";
import type { Tally } from "./tally.ts";

/** Private codes of ours; the reason beside each is one of the refusals' words. */
export const closeCodes = { unauthorized: 4001, validation: 4400, too_slow: 4408, too_large: 4413, rate_limited: 4429 } as const;
export type CloseReason = keyof typeof closeCodes | "token_expired";

/** What has been sent, refusals above all, gets this long to go out before the socket is closed. */
const lastWordsMs = 100;
/** Whoever does not close their end is cut off after this. */
const closingMs = 2_000;
const streamRetryMs = 5_000;

/** A socket of which each message can be turned away before anybody reads it. */
export class GuardedSocket extends NumberedSocket {
  gate: { takes(message: unknown, isBinary: boolean): boolean; calling: CallingSocket } | null = null;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "message" && this.gate !== null && !this.gate.takes(args[0], args[1] === true)) return true;
    return super.emit(event, ...args);
  }
}

export interface GuardDeps {
  options: DoorOptions;
  callers: LiveCallers;
  /** Sockets of each account or key at this process. */
  ofCaller: Tally;
}

/** Guards a socket from its opening to its close. */
export function guardSocket(socket: GuardedSocket, { options, callers, ofCaller }: GuardDeps): void {
  const allowance = createAllowance(options);
  const endings: (() => void)[] = [];
  let closing = false;
  let streams = 0;
  let known: string | null = null;

  function end(reason: CloseReason, afterMs = 0): void {
    if (closing) return;
    closing = true;
    const code = reason === "token_expired" ? closeCodes.unauthorized : closeCodes[reason];
    later(afterMs, () => socket.close(code, reason));
    later(afterMs + closingMs, () => socket.terminate());
  }
  function later(ms: number, act: () => void): void {
    const timer = setTimeout(act, ms);
    endings.push(() => clearTimeout(timer));
  }
  socket.once("close", () => {
    closing = true;
    for (const clean of endings) clean();
  });

  const silent = setTimeout(() => end("too_slow"), options.silentSocketMs);
  endings.push(() => clearTimeout(silent));

  function takes(message: unknown, isBinary: boolean): boolean {
    if (closing) return false;
    if (isBinary || !Buffer.isBuffer(message)) return no("validation");
    const isSignOfLife = message.length === 4 && (message.equals(ping) || message.equals(pong));
    const shape = isSignOfLife ? null : jsonShapeOf(message);
    if (!allowance.take(Math.max(1, shape?.items() ?? 1))) return no("rate_limited");
    if (socket.bufferedAmount > options.unreadBytesMax) return no("rate_limited");
    if (shape === null) return true;
    clearTimeout(silent);
    if (shape.depth() > options.jsonDepthMax) return no("validation");
    return shape.items() > options.batchMax ? no("too_large") : true;
  }
  function no(reason: CloseReason): false {
    end(reason);
    return false;
  }

  /** At the first call that a good credential made: the caller's sockets are counted, and the socket goes when the caller does. */
  function calledBy(principal: Principal, expiresAtMs: number | null): void {
    if (known !== null) return;
    const key = principal.kind === "user" ? principal.accountId : principal.apiKeyId;
    if (!ofCaller.enter(key)) {
      end("rate_limited", lastWordsMs);
      throw new Refusal("rate_limited", "Too many sockets are open for this caller", { retryAfterMs: streamRetryMs });
    }
    known = key;
    const watch = { caller: { ...liveCallerOf(principal) }, permission: null, expiresAtMs };
    const stop = callers.watch({
      ...watch,
      onEnd: ({ reason }) =>
        reason === "token_expired" ? end("token_expired", options.expiredSocketMs) : end("unauthorized", lastWordsMs),
    });
    endings.push(stop, () => ofCaller.leave(key));
  }

  function openStream(): () => void {
    if (streams >= options.streamsPerSocket)
      throw new Refusal("rate_limited", "Too many streams on this socket", { max: options.streamsPerSocket, retryAfterMs: streamRetryMs });
    streams += 1;
    let open = true;
    return () => {
      if (open) streams -= 1;
      open = false;
    };
  }

  socket.gate = { takes, calling: { calledBy, openStream } };
}

const ping = Buffer.from("PING");
const pong = Buffer.from("PONG");

/** So many calls a second, and as many saved up as may come at once. */
function createAllowance({ messagesPerSecond, messagesAtOnce }: DoorOptions) {
  let left = messagesAtOnce;
  let at = performance.now();
  return {
    take(calls: number): boolean {
      const now = performance.now();
      left = Math.min(messagesAtOnce, left + ((now - at) / 1000) * messagesPerSecond);
      at = now;
      if (calls > left) return false;
      left -= calls;
      return true;
    },
  };
}
