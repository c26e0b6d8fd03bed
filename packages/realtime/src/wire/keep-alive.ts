/**
 * Looking after sockets by one clock for all of them: is the other end there, and does it take in what it is sent?
 *
 * @module
 */
export interface KeepAliveOptions {
  /** How often a socket that says nothing is asked whether it is there, and how long its answer is waited for. */
  pingMs: number;
  pongWaitMs: number;
  /** A reader who is waited for and takes in nothing for this long is let go; it can come back and resume. */
  stalledMsMax: number;
}

/** What the clock needs of a socket. Milliseconds are of a clock that never goes back. */
export interface KeptAlive {
  /** When it last said anything. */
  heardAtMs: number;
  /** When it was asked; 0 when it has answered since. */
  askedAtMs: number;
  /** Bytes on their way to a reader that is waited for, and since when they have not become fewer; null while nobody waits. */
  stalled: { unread: number; sinceMs: number } | null;
  unread(): number;
  ask(): void;
  letGo(): void;
}

const lookMsMin = 20;
const lookMsMax = 1_000;

export interface KeepAlive {
  add(one: KeptAlive): void;
  remove(one: KeptAlive): void;
  close(): void;
}

export function createKeepAlive(options: KeepAliveOptions): KeepAlive {
  const { pingMs, pongWaitMs, stalledMsMax } = options;
  const all = new Set<KeptAlive>();
  const everyMs = Math.max(lookMsMin, Math.min(lookMsMax, pingMs / 4, pongWaitMs / 4, stalledMsMax / 4));
  let timer: NodeJS.Timeout | null = null;

  function look(): void {
    const now = performance.now();
    for (const one of all) {
      const { stalled } = one;
      if (stalled !== null) {
        const unread = one.unread();
        if (unread < stalled.unread) one.stalled = { unread, sinceMs: now };
        else if (now - stalled.sinceMs >= stalledMsMax) one.letGo();
      } else if (one.askedAtMs > 0) {
        if (now - one.askedAtMs >= pongWaitMs) one.letGo();
      } else if (now - one.heardAtMs >= pingMs) {
        one.askedAtMs = now;
        one.ask();
      }
    }
  }

  return {
    add(one) {
      all.add(one);
      timer ??= setInterval(look, everyMs).unref();
    },
    remove(one) {
      if (!all.delete(one) || all.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    },
    close() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      all.clear();
    },
  };
}
