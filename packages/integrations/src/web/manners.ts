/**
 * How often a site is asked: one request at a time from this process, and a pause after each. Knows hosts and times only.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";

export interface Manners {
  /** Does `work` when it is this host's turn, and leaves at least `pauseMs` before the next. Rejects when `signal` is aborted while it waits. */
  inTurn<Result>(host: string, pauseMs: number, signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

/** Hosts that are remembered; those that nobody waits for are forgotten first. */
const hostsMax = 1_000;

export function createManners(): Manners {
  const hosts = new Map<string, { last: Promise<unknown>; waiting: number; freeAtMs: number }>();
  return {
    async inTurn(host, pauseMs, signal, work) {
      const line = hosts.get(host) ?? { last: Promise.resolve(), waiting: 0, freeAtMs: 0 };
      hosts.set(host, line);
      line.waiting += 1;
      const turn = line.last.then(async () => {
        try {
          await setTimeout(Math.max(0, line.freeAtMs - Date.now()), undefined, { signal });
          return await work();
        } finally {
          line.freeAtMs = Date.now() + pauseMs;
          line.waiting -= 1;
          if (hosts.size > hostsMax) forget(hosts);
        }
      });
      line.last = turn.catch(() => {});
      return turn;
    },
  };
}

function forget(hosts: Map<string, { waiting: number; freeAtMs: number }>): void {
  const now = Date.now();
  for (const [host, { waiting, freeAtMs }] of hosts) if (waiting === 0 && freeAtMs < now) hosts.delete(host);
}
