/**
 * An agent's versions: reading them, and bringing one back. None ever changes.
 *
 * @module
 */
import type { AgentVersionInfo, AgentVersionWhole, ChangedAgent, RestoreVersionInput } from "@axon/contracts/agents";
import type { Page, PageInput } from "@axon/contracts/common";
import { agentVersion } from "@axon/db/schema/agents";
import { and, desc, eq, lt } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { once } from "../internal/idempotency.ts";
import { decodeCursor, isSeqKey, toPage } from "../internal/paging.ts";
import { addVersion, archived, changedSettings, lockAgent, sameSettings } from "./change-agent.ts";
import { lintInstructions } from "./lint/lint-instructions.ts";
import { type AgentDefaults, readLive, readSettings, readVersion, toAgent } from "./view.ts";

/** Newest first, without their settings. Refuses with `not_found`. */
export async function listVersions(ws: WorkspaceCtx, input: PageInput & { agentId: string }): Promise<Page<AgentVersionInfo>> {
  const before = decodeCursor(input.cursor, isSeqKey);
  const live = await readLive(ws, input.agentId);
  const rows = await ws.tx
    .select({
      agentId: agentVersion.agentId,
      version: agentVersion.version,
      note: agentVersion.note,
      restoredFrom: agentVersion.restoredFrom,
      createdAt: agentVersion.createdAt,
      createdBy: agentVersion.createdBy,
    })
    .from(agentVersion)
    .where(and(eq(agentVersion.agentId, input.agentId), before ? lt(agentVersion.version, before[0]) : undefined))
    .orderBy(desc(agentVersion.version))
    .limit(input.limit + 1);
  return toPage(
    rows,
    input.limit,
    (row) => ({ ...row, live: row.version === live.version }),
    (row) => [row.version],
  );
}

/** One version with its settings. Refuses with `not_found`. */
export async function getVersion(ws: WorkspaceCtx, input: { agentId: string; version: number }): Promise<AgentVersionWhole> {
  const live = await readLive(ws, input.agentId);
  const { agentId, version, note, restoredFrom, createdAt, createdBy, settings } = await readVersion(ws, input.agentId, input.version);
  return { agentId, version, live: version === live.version, note, restoredFrom, createdAt, createdBy, settings: readSettings(settings) };
}

/**
 * Makes the settings of an earlier version live again, as a new version. The draft stays as it was, and so does the status.
 * When the live version says the same already nothing changes. Asks no gate: this is the way back when something went wrong.
 * Refuses with `not_found` (the agent, the version), and with `invalid_state` when the agent is archived.
 */
export async function restoreVersion(
  ws: WorkspaceCtx,
  input: RestoreVersionInput,
  by: string | null,
  defaults: AgentDefaults,
): Promise<ChangedAgent> {
  return once(ws, { procedure: "agents.versions.restore", input }, async () => {
    const locked = await lockAgent(ws, input.agentId);
    const settings = readSettings((await readVersion(ws, input.agentId, input.version)).settings);
    if (locked.status === "archived") throw archived();
    const warnings = lintInstructions(settings);
    const { row, live, status } = locked;
    if (sameSettings(settings, live)) return { ...toAgent(row, defaults), warnings };
    const made = { settings, draft: locked.draft, status, by, note: input.note, restoredFrom: input.version };
    const after = await addVersion(ws, locked, made);
    ws.audit({
      action: "agent.version_restored",
      target: { kind: "agent", id: row.id },
      before: { name: live.name, version: row.version },
      after: { name: settings.name, version: after.version, restoredFrom: input.version, changed: changedSettings(live, settings) },
    });
    return { ...toAgent(after, defaults), warnings };
  });
}
