/**
 * What is done for each job: one call each, the deciding is core's.
 *
 * @module
 */
import type { JobHandlers } from "@axon/contracts/jobs";
import { generateReply, type ReplyDeps } from "@axon/core/conversations";
import { type IngestDeps, ingestDocument, purgeFiles } from "@axon/core/knowledge";

export function createHandlers(deps: IngestDeps & ReplyDeps): JobHandlers {
  return {
    "reply.generate": (payload, run) => generateReply(deps, payload, run),
    "knowledge.ingest": (payload, run) => ingestDocument(deps, payload, run),
    "knowledge.purge": (payload) => purgeFiles(deps, payload),
  };
}
