/**
 * The workspace's own weights in the rank, and how it is searched at present.
 *
 * @module
 */
import type { KnowledgeSettings, updateKnowledgeSettingsInput } from "@axon/contracts/knowledge";
import { sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { measuredTextShare } from "./input.ts";
import { readIndex } from "./state.ts";

export async function getKnowledgeSettings(ws: WorkspaceCtx): Promise<KnowledgeSettings> {
  const { textShare, embedder, big } = await readIndex(ws);
  return { textShare, measuredTextShare, embedder, indexed: big };
}

/** Takes effect with the next search; null brings the measured weights back. The audit log gets both values. */
export async function updateKnowledgeSettings(
  ws: WorkspaceCtx,
  { textShare }: z.output<typeof updateKnowledgeSettingsInput>,
): Promise<KnowledgeSettings> {
  const before = await readIndex(ws);
  if (before.textShare !== textShare) {
    await ws.tx.execute(sql`
      insert into knowledge_index (workspace_id, text_share) values (${ws.workspaceId}::uuid, ${textShare})
      on conflict (workspace_id) do update set text_share = excluded.text_share, updated_at = now()`);
    ws.audit({
      action: "knowledge.settings_updated",
      target: { kind: "workspace", id: ws.workspaceId },
      before: { textShare: before.textShare },
      after: { textShare },
    });
  }
  return getKnowledgeSettings(ws);
}
