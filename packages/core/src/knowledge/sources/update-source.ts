/**
 * Changing what a source is called, what it looks for and how often, and whom its texts are for.
 *
 * @module
 */
import type { Source, SourceSettings, updateSourceInput } from "@axon/contracts/sources";
import { chunk, document, knowledgeSource } from "@axon/db/schema/knowledge";
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { nextLookMs } from "./schedule.ts";
import { isSynced, readSource, type SourceRow, showSource } from "./view.ts";

type Change = z.output<typeof updateSourceInput>;

/**
 * What is not named stays. Audience, language and labels go over to its documents and passages with the same commit, but for
 * those that were given others of their own. Refuses with `not_found`, or `validation` for settings that the kind does not have.
 */
export async function updateSource(ws: WorkspaceCtx, input: Change): Promise<Source> {
  const before = await readSource(ws, input.sourceId, { hold: true });
  const settings = input.settings === undefined ? before.settings : changedSettings(before, input.settings);
  const [after] = await ws.tx
    .update(knowledgeSource)
    .set({
      settings,
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.audience === undefined ? {} : { audience: input.audience }),
      ...(input.locale === undefined ? {} : { locale: input.locale }),
      ...(input.labels === undefined ? {} : { labels: input.labels }),
      ...newSchedule(before, settings),
      updatedAt: sql`now()`,
    })
    .where(eq(knowledgeSource.id, before.id))
    .returning();
  if (!after) throw new Error("a source vanished while it was held");
  await passOn(ws, before, after);
  const changed = (["name", "settings", "audience", "locale", "labels"] as const).filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
  if (changed.length > 0) {
    const of = (row: SourceRow) => Object.fromEntries(changed.map((field) => [field, row[field]]));
    ws.audit({ action: "source.updated", target: { kind: "source", id: before.id }, before: of(before), after: of(after) });
  }
  return showSource(ws, after);
}

function changedSettings(before: SourceRow, change: NonNullable<Change["settings"]>): SourceSettings {
  const refuse = (field: string, text: string) => new Refusal("validation", `${field} ${text}`, { fields: { [field]: text } });
  if (!isSynced(before)) throw refuse("settings", "is only for sources of kind url or sitemap");
  if (before.kind === "sitemap" && typeof change.depth === "number") throw refuse("settings.depth", "is only for sources of kind url");
  const merged = Object.entries({ ...before.settings, ...change }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(merged); // safe: each part passed its schema, and null was taken out
}

/** A source that waits is due anew when how often it is looked at changes; one that is being looked at finds out at its end. */
function newSchedule(before: SourceRow, settings: SourceSettings): { syncDueAt?: SQL | null; syncFailures?: number } {
  const waits = before.syncState === "idle" || before.syncState === "failed";
  if (!waits || settings.everyHours === before.settings.everyHours) return {};
  const waitMs = nextLookMs(settings.everyHours, 0, Math.random());
  return { syncFailures: 0, syncDueAt: waitMs === null ? null : sql`now() + ${waitMs} * interval '1 millisecond'` };
}

/** What had the source's own values has its new ones. */
async function passOn(ws: WorkspaceCtx, before: SourceRow, after: SourceRow): Promise<void> {
  for (const table of [document, chunk]) {
    const mine = eq(table.sourceId, before.id);
    if (before.audience !== after.audience) {
      await ws.tx
        .update(table)
        .set({ audience: after.audience })
        .where(and(mine, eq(table.audience, before.audience)));
    }
    if (before.locale !== after.locale) {
      await ws.tx
        .update(table)
        .set({ locale: after.locale })
        .where(and(mine, sql`${table.locale} is not distinct from ${before.locale}`));
    }
    if (JSON.stringify(before.labels) !== JSON.stringify(after.labels)) {
      await ws.tx
        .update(table)
        .set({ labels: after.labels })
        .where(and(mine, eq(table.labels, before.labels)));
    }
  }
}
