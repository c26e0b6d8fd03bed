/**
 * What every procedure is handed: the services of this process, and what is known of the caller.
 *
 * @module
 */
import type { StreamEvent } from "@axon/contracts/events";
import type { AgentDefaults } from "@axon/core/agents";
import type { AuthDeps, Device, Principal } from "@axon/core/auth";
import type { InWorkspace } from "@axon/core/context";
import type { ReplyDeps } from "@axon/core/conversations";
import type { KnowledgeDeps } from "@axon/core/knowledge";

/** An event with its place in the stream; a reader who comes back with the place gets what follows it. */
export interface Placed {
  id: string;
  event: StreamEvent;
}

/** Live streams, as the hub of this process gives them. A place that cannot be read is refused with `validation`. */
export interface LiveStreams {
  conversation(stream: { workspaceId: string; conversationId: string; after: string; signal: AbortSignal }): AsyncIterable<Placed>;
  workspace(stream: { workspaceId: string; after: string; signal: AbortSignal }): AsyncIterable<Placed>;
}

/** Made once per process. */
export interface ApiServices {
  auth: AuthDeps;
  inWorkspace: InWorkspace;
  knowledge: KnowledgeDeps;
  answers: Pick<ReplyDeps, "inWorkspace" | "provider">;
  agentDefaults: AgentDefaults;
  live: LiveStreams;
}

/** Made for each request or socket. */
export interface ApiCtx {
  services: ApiServices;
  requestId: string;
  device: Device;
  /** Who calls, found out when first asked; null without a credential. Refuses when the credential is bad. */
  principal(): Promise<Principal | null>;
  /** True when the caller named a workspace. */
  namesWorkspace: boolean;
  /** Waits until the reader has taken in what it was sent; ends a reader that takes nothing. */
  pace(signal: AbortSignal): Promise<void>;
}
