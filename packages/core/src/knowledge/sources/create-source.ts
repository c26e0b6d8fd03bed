/**
 * A new source. What it looks for on the web is looked for at once.
 *
 * @module
 */
import type { createSourceInput, Source } from "@axon/contracts/sources";
import { newId } from "@axon/db/ids";
import { knowledgeSource } from "@axon/db/schema/knowledge";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { once } from "../../internal/idempotency.ts";
import { requireRoom } from "../../internal/plan-limits.ts";
import { queueSync } from "./queue-sync.ts";
import { isSynced, toSource } from "./view.ts";

/** Refuses with `plan_limit`. */
export async function createSource(ws: WorkspaceCtx, input: z.output<typeof createSourceInput>): Promise<Source> {
  const { kind, name, settings = {}, audience = "public", locale = null, labels = [] } = input;
  return once(ws, { procedure: "knowledge.sources.create", input }, async () => {
    await requireRoom(ws, "sourcesMax", 1);
    const id = newId();
    const [made] = await ws.tx
      .insert(knowledgeSource)
      .values({ workspaceId: ws.workspaceId, id, kind, name, settings, audience, locale, labels })
      .returning();
    if (!made) throw new Error("a source was not inserted");
    const row = isSynced(made) ? ((await queueSync(ws, id)) ?? made) : made;
    ws.audit({ action: "source.created", target: { kind: "source", id }, after: { name, kind, settings, audience, locale, labels } });
    return toSource(row, 0);
  });
}
