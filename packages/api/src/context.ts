/**
 * What every procedure is handed: the services of this process, and what is known of the caller.
 *
 * @module
 */
import type { PassingEvent, StreamEvent } from "@axon/contracts/events";
import type { Sink } from "@axon/contracts/live-stream";
import type { Permission } from "@axon/contracts/permissions";
import type { RefusalReason } from "@axon/contracts/refusals";
import type { AgentDefaults } from "@axon/core/agents";
import type { AuthDeps, Device, KnownCaller, Principal, ReadAs, VisitorClaims } from "@axon/core/auth";
import type { InWorkspace } from "@axon/core/context";
import type { AttachmentLinks, ReplyDeps, WidgetDeps } from "@axon/core/conversations";
import type { Refusal } from "@axon/core/errors";
import type { KnowledgeDeps } from "@axon/core/knowledge";
import type { WorkspaceLoad } from "./workspace-load.ts";

/** An event with its place in the stream; a reader who comes back with the place gets what follows it. */
export interface Placed {
  id: string;
  event: StreamEvent;
}

export interface LiveStream {
  workspaceId: string;
  conversationId?: string;
  after: string;
}

/** Live streams, as the hub of this process gives them. A place that cannot be read is refused with `validation`. */
export interface LiveStreams {
  /** Of a conversation, or of the whole workspace when none is named. */
  follow(stream: LiveStream & { signal: AbortSignal }): AsyncIterable<Placed>;
  /** The same, handed to a sink. Gives the way to stop. */
  push(stream: LiveStream & { sink: Sink }): () => void;
  /** Tells those who follow the stream at this moment, at whatever server, and nobody later. It may be lost. */
  tell(stream: Omit<LiveStream, "after">, event: PassingEvent): void;
  /** A member has a stream open. Gives the way to say that it is over. */
  enter(workspaceId: string, accountId: string): () => void;
  /** The members who have a stream open, at whatever server. */
  online(workspaceId: string): Promise<string[]>;
}

/** Made once per process. */
export interface ApiServices {
  auth: AuthDeps;
  inWorkspace: InWorkspace;
  readAs: ReadAs;
  knowledge: KnowledgeDeps;
  answers: Pick<ReplyDeps, "inWorkspace" | "provider">;
  agentDefaults: AgentDefaults;
  live: LiveStreams;
  load: WorkspaceLoad;
  widget: WidgetDeps;
  attachments: { links: AttachmentLinks };
}

/** A visitor whose token is ours, and when it ends. Whether they are still welcome is asked by each verb. */
export type VisitorPrincipal = VisitorClaims & { kind: "visitor"; expiresAtMs: number };

/** One call of a procedure, as those who count see it. */
export interface ObservedCall {
  path: string;
  kind: "query" | "mutation" | "subscription";
}

/** What became of a call: tRPC's word for it, and the reason of a refusal. */
export type CallOutcome = { code: "OK"; reason: null } | { code: string; reason: RefusalReason | "internal" };

/** Made for each request or socket. */
export interface ApiCtx {
  services: ApiServices;
  /** Of the call under way; each call over a socket has its own. */
  readonly requestId: string;
  /** Told when a call begins, and through what it gives, when it has ended; a stream's call ends with the stream. */
  observe(call: ObservedCall): (outcome: CallOutcome) => void;
  device: Device;
  /** Of the page that calls, as its browser says; null for others than browsers. */
  origin: string | null;
  /** Who calls, found out when first asked; null without a credential. Refuses when the credential is bad. */
  principal(): Promise<Principal | null>;
  /** Who called with this credential and workspace before, as they were then; null when nobody remembers. To be confirmed by `readAs`. */
  lately(): KnownCaller | null;
  /** Which visitor of a widget calls, by the same credential; null without one. Refuses one that is no visitor's. */
  visitor(): Promise<VisitorPrincipal | null>;
  /** True when the caller named a workspace. */
  namesWorkspace: boolean;
  /** Counts a stream of this connection; gives the way to end the count. Refuses with `rate_limited` when it has too many. */
  openStream(): () => void;
  /**
   * Tells, within two seconds, when the caller may not use `permission` in the workspace of the call any longer: the session
   * or key has ended, the token has expired, the role is gone. Gives the way to stop listening.
   */
  watch(principal: Principal, permission: Permission, onEnd: (refusal: Refusal) => void): () => void;
  /** The same for a visitor: their channel, contact or workspace is gone, or nobody vouches for them any more. */
  watchVisitor(visitor: VisitorPrincipal, onEnd: (refusal: Refusal) => void): () => void;
}
