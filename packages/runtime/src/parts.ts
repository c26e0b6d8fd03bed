/**
 * The parts that a server and a worker are put together from. Either mode makes its own; what uses them can't tell which.
 *
 * @module
 */
import type { AiProvider } from "@axon/ai/provider";
import { logContext } from "@axon/config/log-context";
import type { Logger } from "@axon/config/logger";
import type { Limits } from "@axon/contracts/limits";
import type { Web } from "@axon/contracts/web";
import type { Mailer } from "@axon/core/auth";
import type { CommitHint, InWorkspace } from "@axon/core/context";
import type { Sealer } from "@axon/core/sealing";
import type { Database } from "@axon/db/connect";
import type { FolderStorage } from "@axon/integrations/storage/folder";
import type { Storage } from "@axon/integrations/storage/port";
import type { JobBackend } from "@axon/jobs/backend";
import type { Bus } from "@axon/realtime/bus";
import type { DeltaBuffer } from "@axon/realtime/deltas";
import { announce } from "@axon/realtime/hints";
import type { PresenceStore } from "@axon/realtime/presence-store";
import type { Health } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import type { Reporter } from "./report.ts";

export interface Parts {
  database: Database;
  inWorkspace: InWorkspace;
  jobs: JobBackend;
  bus: Bus;
  deltas: DeltaBuffer;
  /** Which members are there, across all servers. */
  presence: PresenceStore;
  /** How far back a live reader can come, in days: what is older goes from the event log. */
  eventsKeptDays: number;
  files: Storage;
  /** Takes uploads when files lie in a folder of ours; null when they go straight to an S3-compatible store. */
  acceptUpload: FolderStorage["acceptUpload"] | null;
  provider: AiProvider;
  /** Reads the web for sources that lie there. */
  web: Web;
  /** Counts what callers may have, across all processes. */
  limits: Limits;
  /** Seals what workspaces and accounts entrust to us. */
  sealer: Sealer;
  /** Carries letters. */
  mailer: Mailer;
  log: Logger;
  metrics: Metrics;
  /** Whether all that the parts stand on answers. */
  health: Health;
  /** Where our own failures are told. */
  reporter: Reporter;
  close(): Promise<void>;
}

/** The bus topic that says: jobs wait in the outbox. */
export const outboxTopic = "outbox";

/** The request under way; null outside of any. */
export function currentRequest(): string | null {
  return logContext().requestId ?? null;
}

/** The bus topic that says: somebody's rights may have changed, look after who holds streams. */
export const callersTopic = "callers";

/** What a commit tells the others. Only hints: whoever misses one finds out by looking. */
export function tellOfCommits(bus: Bus): (hint: CommitHint) => void {
  return ({ workspaceId, conversationIds, events, jobs, audited }) => {
    if (events && conversationIds.length === 0) announce(bus, { workspaceId });
    for (const conversationId of conversationIds) announce(bus, { workspaceId, conversationId });
    if (jobs) bus.publish(outboxTopic, "");
    if (audited) bus.publish(callersTopic, workspaceId);
  };
}
