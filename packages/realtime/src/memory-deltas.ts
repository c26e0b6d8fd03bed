/**
 * The delta buffer in memory, for standalone and tests: bounded in all, oldest out first, and without timers.
 *
 * @module
 */
import { type DeltaBuffer, deltasKeptMs, piecesMax, type ReplyRef } from "./deltas.ts";

export interface MemoryDeltasOptions {
  /** Characters of all replies together; beyond it the reply that was quiet longest goes. */
  charsMax?: number;
  keptMs?: number;
  /** Milliseconds on a clock that never goes back. */
  nowMs?: () => number;
}

interface Kept {
  texts: string[];
  chars: number;
  touchedMs: number;
}

export function createMemoryDeltas(options: MemoryDeltasOptions = {}): DeltaBuffer {
  const { charsMax = 32_000_000, keptMs = deltasKeptMs, nowMs = () => performance.now() } = options;
  const replies = new Map<string, Kept>(); // In the order they were last touched.
  let charsTotal = 0;

  const keyOf = (reply: ReplyRef) => `${reply.workspaceId}:${reply.conversationId}:${reply.replyId}`;

  function find(key: string): Kept | undefined {
    const kept = replies.get(key);
    return kept && nowMs() - kept.touchedMs < keptMs ? kept : undefined;
  }

  function forget(key: string, kept: Kept): void {
    replies.delete(key);
    charsTotal -= kept.chars;
  }

  function makeRoom(): void {
    for (const [key, kept] of replies) {
      if (charsTotal <= charsMax && nowMs() - kept.touchedMs < keptMs) return;
      forget(key, kept);
    }
  }

  return {
    async append(reply, from, texts) {
      const key = keyOf(reply);
      const old = replies.get(key);
      const kept: Kept = find(key) ?? { texts: [], chars: 0, touchedMs: 0 };
      if (old) forget(key, old);
      if (from <= kept.texts.length) {
        for (const text of texts.slice(kept.texts.length - from, piecesMax - from)) {
          kept.texts.push(text);
          kept.chars += text.length;
        }
      }
      if (kept.texts.length === 0) return 0;
      kept.touchedMs = nowMs();
      replies.set(key, kept);
      charsTotal += kept.chars;
      makeRoom();
      return kept.texts.length;
    },
    async read(reply, from) {
      return find(keyOf(reply))?.texts.slice(from) ?? [];
    },
  };
}
