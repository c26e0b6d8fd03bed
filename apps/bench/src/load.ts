/**
 * Callers: each one connection that is kept open, and one call at a time.
 *
 * On Linux every caller has a loopback address of its own, as customers have, so that limits per address are met by none of
 * them. Knows HTTP, and nothing of what is asked.
 *
 * @module
 */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Answer {
  status: number;
  text: string;
  ms: number;
}

export interface Caller {
  /** GET without a body, POST with one. */
  call(path: string, body?: unknown): Promise<Answer>;
  close(): void;
}

export interface CallerOptions {
  url: string;
  /** 1 to 60,000: which caller this is. */
  number: number;
  token?: string;
  workspaceId?: string;
}

export function createCaller({ url, number, token, workspaceId }: CallerOptions): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const base = new URL(url);
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(workspaceId === undefined ? {} : { "x-workspace-id": workspaceId }),
  };
  const address = process.platform === "linux" ? { localAddress: `127.0.${1 + Math.floor(number / 250)}.${1 + (number % 250)}` } : {};
  return {
    call: (path, body) =>
      new Promise((resolve, reject) => {
        const from = performance.now();
        const sent = body === undefined ? null : JSON.stringify(body);
        const outgoing = request(
          {
            agent,
            host: base.hostname,
            port: base.port,
            path,
            method: sent === null ? "GET" : "POST",
            headers: {
              ...headers,
              ...(sent === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) }),
            },
            ...address,
          },
          (incoming) => {
            const pieces: Buffer[] = [];
            incoming.on("data", (piece: Buffer) => pieces.push(piece));
            incoming.on("error", reject);
            incoming.on("end", () =>
              resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8"), ms: performance.now() - from }),
            );
          },
        );
        outgoing.on("error", reject);
        outgoing.end(sent ?? undefined);
      }),
    close: () => agent.destroy(),
  };
}

/** Calls and gives the result of a tRPC procedure. Throws with the server's words for anything but 200. */
export async function callProcedure(caller: Caller, path: string, body: unknown): Promise<unknown> {
  const answer = await caller.call(path, body);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  // safe: tRPC's frame around every answer
  return (JSON.parse(answer.text) as { result: { data: unknown } }).result.data;
}

export interface Loop {
  callers: readonly Caller[];
  /** One call by this caller. */
  once: (caller: Caller, at: number) => Promise<Answer>;
  durationMs: number;
  /** Calls of this first part are made, and not counted. */
  warmUpMs?: number;
  /** Between two calls of a caller. */
  pauseMs?: number;
}

export interface Counted {
  /** Of the calls that were answered with 200, in milliseconds. */
  times: number[];
  /** How many were answered with something else. */
  refused: number;
  perSecond: number;
}

/** Every caller calls again as soon as it has its answer, until the time is over. */
export async function callInLoop({ callers, once, durationMs, warmUpMs = 0, pauseMs = 0 }: Loop): Promise<Counted> {
  const times: number[] = [];
  let refused = 0;
  const begin = performance.now() + warmUpMs;
  const end = begin + durationMs;
  await Promise.all(
    callers.map(async (caller, at) => {
      while (performance.now() < end) {
        const started = performance.now();
        const { status, ms } = await once(caller, at);
        if (started >= begin) {
          if (status === 200) times.push(ms);
          else refused++;
        }
        if (pauseMs > 0) await sleep(pauseMs);
      }
    }),
  );
  return { times, refused, perSecond: (times.length * 1000) / (performance.now() - begin) };
}
