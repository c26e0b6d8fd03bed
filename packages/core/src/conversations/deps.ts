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

export interface ReplyDeps {
  inWorkspace: InWorkspace;
  provider: AiProvider;
  openDeltas(reply: { workspaceId: string; conversationId: string; replyId: string }): DeltaSink;
}
