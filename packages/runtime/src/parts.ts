/**
 * The parts that a server and a worker are put together from. Either mode makes its own; what uses them can't tell which.
 *
 * @module
 */
import type { AiProvider } from "@axon/ai/provider";
import type { Logger } from "@axon/config/logger";
import type { CommitHint, InWorkspace } from "@axon/core/context";
import type { Database } from "@axon/db/connect";
import type { FolderStorage } from "@axon/integrations/storage/folder";
import type { Storage } from "@axon/integrations/storage/port";
import type { JobBackend } from "@axon/jobs/backend";
import type { Bus } from "@axon/realtime/bus";
import type { DeltaBuffer } from "@axon/realtime/deltas";
import { announce } from "@axon/realtime/hints";

export interface Parts {
  database: Database;
  inWorkspace: InWorkspace;
  jobs: JobBackend;
  bus: Bus;
  deltas: DeltaBuffer;
  files: Storage;
  /** Takes uploads when files lie in a folder of ours; null when they go straight to an S3-compatible store. */
  acceptUpload: FolderStorage["acceptUpload"] | null;
  provider: AiProvider;
  log: Logger;
  /** Throws when something that the parts stand on does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The bus topic that says: jobs wait in the outbox. */
export const outboxTopic = "outbox";

/** What a commit tells the others. Only hints: whoever misses one finds out by looking. */
export function tellOfCommits(bus: Bus): (hint: CommitHint) => void {
  return ({ workspaceId, conversationIds, events, jobs }) => {
    if (events && conversationIds.length === 0) announce(bus, { workspaceId });
    for (const conversationId of conversationIds) announce(bus, { workspaceId, conversationId });
    if (jobs) bus.publish(outboxTopic, "");
  };
}
