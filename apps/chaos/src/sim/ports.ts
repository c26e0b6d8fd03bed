/**
 * The ports of one run: what the code under test is handed. A planted bug is a wrapper around these.
 *
 * @module
 */
import type { QueuedJob } from "@axon/contracts/jobs";
import type { InWorkspace } from "@axon/core/context";
import type { ReplyDeps } from "@axon/core/conversations";
import type { Act } from "./people.ts";

/** What a person asks for; a retry of the same is the `attempt`th, from 1. */
export interface Said {
  /** null: this message begins the conversation. */
  conversationId: string | null;
  agentId: string;
  as: "contact" | "member";
  act: Act;
  text: string;
  clientMessageId: string;
  attempt: number;
}

export interface SimPorts {
  /** For everything that servers, relays and sweepers do. */
  inWorkspace: InWorkspace;
  /** What a worker holds while it answers a turn; `label` is the turn's name in the trace. */
  replyDeps(turnId: string, label: string): Omit<ReplyDeps, "clock">;
  /** Hands a message in, by way of `inWorkspace`; gives its conversation. */
  say(said: Said, inWorkspace: InWorkspace): Promise<string>;
}

/** What a planted bug may touch of the world beside the ports. */
export interface PlantTools {
  /** Puts jobs on the queue at once. */
  addJobs(jobs: readonly QueuedJob[]): void;
  /** Shows readers an event at once. */
  show(conversationId: string, what: string): void;
}

/** Called once for a run; what it gives wraps the ports of each actor. */
export type Plant = (tools: PlantTools) => (ports: SimPorts) => SimPorts;
