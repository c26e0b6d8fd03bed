/**
 * Reading the audit log. It is written by the commits that it tells of, and nobody can change or remove a line.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { AuditEntry, listAuditInput } from "@axon/contracts/workspaces";
import { auditEntry } from "@axon/db/schema/workspaces";
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { decodeCursor, isIdKey, toPage } from "../internal/paging.ts";

/** Newest first, narrowed by whatever is given. */
export async function listAudit(ws: WorkspaceCtx, input: z.output<typeof listAuditInput>): Promise<Page<AuditEntry>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select()
    .from(auditEntry)
    .where(
      and(
        input.action === undefined ? undefined : sql`starts_with(${auditEntry.action}, ${input.action})`,
        input.actorId === undefined ? undefined : eq(auditEntry.actorId, input.actorId),
        input.targetId === undefined ? undefined : eq(auditEntry.targetId, input.targetId),
        input.from === undefined ? undefined : gte(auditEntry.at, input.from),
        input.to === undefined ? undefined : lt(auditEntry.at, input.to),
        after ? lt(auditEntry.id, after[0]) : undefined,
      ),
    )
    .orderBy(desc(auditEntry.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toEntry, (row) => [row.id]);
}

function toEntry(row: typeof auditEntry.$inferSelect): AuditEntry {
  const { id, at, action, before, after, ip, requestId } = row;
  return {
    id,
    at,
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
    action,
    target: row.targetKind === null || row.targetId === null ? null : { kind: row.targetKind, id: row.targetId },
    before,
    after,
    ip,
    requestId,
  };
}
