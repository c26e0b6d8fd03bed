/**
 * The slow things that a reply needs, as the small functions it calls. `apps/*` hands in the real ones.
 *
 * @module
 */
import type { AiProvider } from "@axon/ai/provider";
import type { InWorkspace } from "../context.ts";

/** Where the pieces of a reply go while it is being made. */
export interface DeltaSink {
  /** Never throws and never waits. */
  write(text: string): void;
  /** Resolves when every piece can be read by others, or when that has been tried long enough. */
  flush(): Promise<void>;
  stop(): void;
}

/** Time as a worker that holds a turn sees it. */
export interface ReplyClock {
  /** Milliseconds on a clock that never goes back. */
  nowMs(): number;
  /** Calls `run`, which never throws, again and again; gives the way to end that. */
  every(intervalMs: number, run: () => Promise<void>): () => void;
}

export interface ReplyDeps {
  inWorkspace: InWorkspace;
  provider: AiProvider;
  /** The process's own time when left out. */
  clock?: ReplyClock;
  openDeltas(reply: { workspaceId: string; conversationId: string; replyId: string }): DeltaSink;
}
