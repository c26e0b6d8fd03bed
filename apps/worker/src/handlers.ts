/**
 * What is done for each job: one call each, the deciding is core's.
 *
 * @module
 */
import type { JobHandlers } from "@axon/contracts/jobs";
import { type AccountMailDeps, sendAccountMail } from "@axon/core/auth";
import { generateReply, type ReplyDeps } from "@axon/core/conversations";
import { type IngestDeps, ingestDocument, purgeFiles } from "@axon/core/knowledge";
import { type InvitationMailDeps, mailInvitation, type PurgeDeps, purgeWorkspace, retainWorkspace } from "@axon/core/workspaces";

export function createHandlers(deps: AccountMailDeps & IngestDeps & ReplyDeps & InvitationMailDeps & PurgeDeps): JobHandlers {
  return {
    "account.mail": (payload, run) => sendAccountMail(deps, payload, run),
    "reply.generate": (payload, run) => generateReply(deps, payload, run),
    "knowledge.ingest": (payload, run) => ingestDocument(deps, payload, run),
    "knowledge.purge": (payload) => purgeFiles(deps, payload),
    "invitation.mail": (payload, run) => mailInvitation(deps, payload, run),
    "workspace.purge": (payload, run) => purgeWorkspace(deps, payload, run),
    "workspace.retain": (payload, run) => retainWorkspace(deps, payload, run),
  };
}
