/**
 * A line of the audit log as it is stored. Verbs write theirs through `ws.audit`; this is for the few commits that belong to an
 * account and still concern a workspace.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import type { auditEntry } from "@axon/db/schema/workspaces";
import type { AuditLine, Caller } from "../context.ts";

/** To be inserted with the commit that did it. Nothing may be returned by that insert: not all who write the log may read it. */
export function toAuditRow(workspaceId: string, caller: Caller, line: AuditLine): typeof auditEntry.$inferInsert {
  return {
    workspaceId,
    id: newId(),
    actorKind: caller.kind,
    actorId: caller.id,
    actorName: caller.name,
    action: line.action,
    targetKind: line.target?.kind ?? null,
    targetId: line.target?.id ?? null,
    before: line.before ?? null,
    after: line.after ?? null,
    ip: caller.ip,
    requestId: caller.requestId,
  };
}
