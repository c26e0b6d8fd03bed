/**
 * The net under the hints: every so often one query asks how far all followed streams have come, and wakes those that were told nothing.
 *
 * @module
 */
import type { EventLog } from "./log.ts";
import type { SharedTopic } from "./topic.ts";

/** Topics in one query. */
const topicsPerQueryMax = 5_000;

export interface Poll {
  /** Begins polling; nothing when it already does. */
  start(): void;
  /** Polls now, or right after the poll that is under way. */
  nudge(): void;
  stop(): void;
}

export interface PollOptions {
  topics: () => Iterable<SharedTopic>;
  heads: EventLog["heads"];
  pollMs: number;
  onError: (error: unknown) => void;
}

export function createPoll({ topics, heads, pollMs, onError }: PollOptions): Poll {
  let active = false;
  let running = false;
  let again = false;
  let timer: NodeJS.Timeout | null = null;

  async function ask(): Promise<void> {
    const all = [...topics()];
    for (let at = 0; at < all.length; at += topicsPerQueryMax) {
      const some = all.slice(at, at + topicsPerQueryMax);
      const found = await heads(some.map((shared) => shared.topic));
      for (const shared of some) {
        const head = found.get(shared.topic.conversationId ?? shared.topic.workspaceId);
        if (head !== undefined) shared.tellHead(head);
        shared.doubtTails();
      }
    }
  }

  async function run(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    running = true;
    again = false;
    try {
      await ask();
    } catch (error) {
      onError(error);
    } finally {
      running = false;
    }
    if (active) schedule(again ? 0 : pollMs);
  }

  function schedule(waitMs: number): void {
    timer = setTimeout(() => void run(), waitMs);
  }

  return {
    start() {
      if (active) return;
      active = true;
      if (!running) schedule(pollMs);
    },
    nudge() {
      if (!active) return;
      if (running) {
        again = true;
        return;
      }
      if (timer) clearTimeout(timer);
      schedule(0);
    },
    stop() {
      active = false;
      if (timer) clearTimeout(timer);
      timer = null;
    },
  };
}
