/**
 * Who holds a stream or a socket at this process, and whether they still may. Every second, and at every hint that somebody's
 * rights have changed, one question to the database is asked for all of them together.
 *
 * It refuses to know what a stream carries.
 *
 * @module
 */
import { refusalOf } from "@axon/api/trpc";
import { holds, type Permission } from "@axon/contracts/permissions";
import { Refusal } from "@axon/core/errors";
import type { CallerState, LiveCaller } from "@axon/db/callers";

export interface Watch {
  caller: LiveCaller;
  /** What the stream is for; null for a socket, which only needs a caller that is good. */
  permission: Permission | null;
  /** End of the access token; null for a credential that has none. */
  expiresAtMs: number | null;
  /** Called once, when the caller may not any longer. */
  onEnd(refusal: Refusal): void;
}

export interface LiveCallers {
  /** Gives the way to stop watching. */
  watch(watch: Watch): () => void;
  /** Looks now: somebody's rights may have changed. */
  look(): void;
  close(): void;
}

export interface LiveCallersOptions {
  read(callers: readonly LiveCaller[]): Promise<CallerState[]>;
  everyMs: number;
  onError(error: unknown): void;
}

export function createLiveCallers({ read, everyMs, onError }: LiveCallersOptions): LiveCallers {
  const watches = new Set<Watch>();
  let timer: NodeJS.Timeout | null = null;
  let looking = false;
  let again = false;
  let closed = false;

  function end(watch: Watch, refusal: Refusal): void {
    if (watches.delete(watch)) watch.onEnd(refusal);
  }

  async function lookOnce(): Promise<void> {
    const now = Date.now();
    for (const watch of [...watches]) if (watch.expiresAtMs !== null && watch.expiresAtMs <= now) end(watch, expired());
    const byCaller = new Map<string, Watch[]>();
    for (const watch of watches) {
      const key = JSON.stringify(watch.caller);
      byCaller.set(key, [...(byCaller.get(key) ?? []), watch]);
    }
    const groups = [...byCaller.values()];
    const states = await read(groups.flatMap(([watch]) => watch?.caller ?? []));
    for (const [position, group] of groups.entries()) {
      const state = states[position];
      if (state === undefined) continue;
      for (const watch of group) {
        const refusal = refusalFor(watch, state);
        if (refusal !== null) end(watch, refusal);
      }
    }
  }

  async function look(): Promise<void> {
    if (looking || closed) {
      again = true; // What is being read may have been read before the change.
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        if (watches.size > 0) await lookOnce();
      } while (again && !closed);
    } catch (error) {
      onError(error);
    } finally {
      looking = false;
    }
  }

  function tick(): void {
    timer = setTimeout(() => {
      void look().finally(() => {
        if (watches.size > 0 && !closed) tick();
        else timer = null;
      });
    }, everyMs);
    timer.unref();
  }

  return {
    watch(watch) {
      watches.add(watch);
      if (timer === null && !closed) tick();
      return () => void watches.delete(watch);
    },
    look: () => void look(),
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      watches.clear();
    },
  };
}

/** Null while the caller may go on. The words are those in which the next call would be refused. */
function refusalFor({ caller, permission }: Watch, { good, role, scopes }: CallerState): Refusal | null {
  if (!good) {
    if (caller.kind === "visitor") return new Refusal("unauthorized", "This visit has ended, open the widget again");
    return caller.kind === "session"
      ? new Refusal("unauthorized", "This session has ended, sign in again")
      : new Refusal("unauthorized", "This API key is not valid");
  }
  if (permission === null) return null;
  if (role === null) return new Refusal("not_a_member", "No such workspace");
  const kind = caller.kind === "session" ? "user" : "apiKey";
  return holds(kind, { role, scopes }, permission) ? null : new Refusal("forbidden", refusalOf(kind, role));
}

function expired(): Refusal {
  return new Refusal("token_expired", "The access token has expired");
}
