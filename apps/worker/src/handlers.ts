/**
 * What is done for each job: one call each, the deciding is core's.
 *
 * @module
 */
import type { JobHandlers } from "@axon/contracts/jobs";
import { closeGaps, groupGap } from "@axon/core/analytics";
import { type AccountMailDeps, sendAccountMail } from "@axon/core/auth";
import { continueErasure, generateReply, type ReplyDeps, runEvaluation } from "@axon/core/conversations";
import {
  embedAnswers,
  type IngestDeps,
  indexWorkspace,
  ingestDocument,
  purgeFiles,
  reembedWorkspace,
  syncSource,
} from "@axon/core/knowledge";
import { type InvitationMailDeps, mailInvitation, type PurgeDeps, purgeWorkspace, retainWorkspace } from "@axon/core/workspaces";

export function createHandlers(deps: AccountMailDeps & IngestDeps & ReplyDeps & InvitationMailDeps & PurgeDeps): JobHandlers {
  return {
    "agents.evaluate": (payload, run) => runEvaluation(deps, payload, run),
    "knowledge.embed-answers": (payload, run) => embedAnswers(deps, payload, run),
    "analytics.group-gap": (payload, run) => groupGap(deps, payload, run),
    "analytics.close-gaps": (payload, run) => closeGaps(deps, payload, run),
    "account.mail": (payload, run) => sendAccountMail(deps, payload, run),
    "contact.erase": (payload, run) => continueErasure(deps, payload, run),
    "reply.generate": (payload, run) => generateReply(deps, payload, run),
    "knowledge.ingest": (payload, run) => ingestDocument(deps, payload, run),
    "knowledge.sync": (payload, run) => syncSource(deps, payload, run),
    "knowledge.index": (payload, run) => indexWorkspace(deps, payload, run),
    "knowledge.reembed": (payload, run) => reembedWorkspace(deps, payload, run),
    "knowledge.purge": (payload) => purgeFiles(deps, payload),
    "invitation.mail": (payload, run) => mailInvitation(deps, payload, run),
    "workspace.purge": (payload, run) => purgeWorkspace(deps, payload, run),
    "workspace.retain": (payload, run) => retainWorkspace(deps, payload, run),
  };
}
