/**
 * One page of the web as a document, beside whatever else its source takes.
 *
 * @module
 */
import type { Document } from "@axon/contracts/knowledge";
import { type addUrlInput, ownPagesMax } from "@axon/contracts/sources";
import { newId } from "@axon/db/ids";
import { document, knowledgeSource, sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { once } from "../../internal/idempotency.ts";
import { requireRoom } from "../../internal/plan-limits.ts";
import { nextVersion } from "../next-version.ts";
import { queueIngest } from "../queue-ingest.ts";
import { type DocumentRow, emitProgress, toDocument } from "../view.ts";
import { pageAddress } from "./addresses.ts";
import { nameOf } from "./page-file.ts";
import { readSource, type SourceRow } from "./view.ts";

/**
 * Has the page fetched and read; one that the source has already is given as it stands, and tried again when it had failed. On a
 * source of kind `url` it is looked at again with the others. Refuses with `not_found` (the source), `invalid_state` (its kind takes
 * no single pages), `plan_limit`, or `validation`.
 */
export async function addUrl(ws: WorkspaceCtx, input: z.output<typeof addUrlInput>): Promise<Document> {
  const uri = pageAddress(input.url);
  if (uri === null) throw new Refusal("validation", "This is no address of a page", { fields: { url: "is no address of a page" } });
  return once(ws, { procedure: "knowledge.documents.addUrl", input }, async () => {
    const source = await readSource(ws, input.sourceId, { hold: true });
    if (source.kind === "sitemap" || source.kind === "faq") {
      throw new Refusal("invalid_state", `A source of kind ${source.kind} takes no single pages`);
    }
    const [known] = await ws.tx
      .select()
      .from(document)
      .where(and(eq(document.sourceId, source.id), eq(document.uri, uri)));
    if (known && known.status !== "failed") return toDocument(known);
    const row = known ? await tryAgain(ws, known) : await addPage(ws, source, uri);
    await queueIngest(ws);
    emitProgress(ws, row);
    return toDocument(row);
  });
}

async function tryAgain(ws: WorkspaceCtx, known: DocumentRow): Promise<DocumentRow> {
  const [row] = await ws.tx
    .update(document)
    .set({ ...nextVersion(known), bytes: 0 })
    .where(eq(document.id, known.id))
    .returning();
  if (!row) throw new Error("a document vanished while its source was held");
  ws.audit({ action: "document.refetched", target: { kind: "document", id: row.id }, after: { uri: row.uri } });
  return row;
}

async function addPage(ws: WorkspaceCtx, source: SourceRow, uri: string): Promise<DocumentRow> {
  await requireRoom(ws, "documentsMax", 1);
  if (source.kind === "url") await rememberPage(ws, source, uri);
  const id = newId();
  const { audience, locale, labels } = source;
  const [row] = await ws.tx
    .insert(document)
    .values({
      workspaceId: ws.workspaceId,
      id,
      sourceId: source.id,
      uri,
      name: nameOf({ title: null, url: uri }),
      // Until it is fetched nobody knows.
      mime: "text/html",
      bytes: 0,
      storageKey: `${ws.workspaceId}/${id}/1`,
      status: "queued",
      audience,
      locale,
      labels,
    })
    .returning();
  if (!row) throw new Error("a document was not inserted");
  if (source.kind === "url") {
    const page = { documentId: id, sync: source.sync, state: "fetched", reason: null, misses: 0 } as const;
    await ws.tx
      .insert(sourcePage)
      .values({ workspaceId: ws.workspaceId, sourceId: source.id, url: uri, depth: 0, ...page })
      .onConflictDoUpdate({ target: [sourcePage.workspaceId, sourcePage.sourceId, sourcePage.url], set: { ...page, contentHash: null } });
  }
  ws.audit({ action: "document.created", target: { kind: "document", id }, after: { name: row.name, uri, sourceId: source.id } });
  return row;
}

/** The next sync begins with it too. */
async function rememberPage(ws: WorkspaceCtx, source: SourceRow, uri: string): Promise<void> {
  const pages = [...(source.settings.pages ?? []), uri];
  if (pages.length > ownPagesMax) {
    throw new Refusal("plan_limit", `A source takes at most ${ownPagesMax} pages one by one`, { limit: ownPagesMax, used: ownPagesMax });
  }
  await ws.tx
    .update(knowledgeSource)
    .set({ settings: { ...source.settings, pages }, updatedAt: sql`now()` })
    .where(eq(knowledgeSource.id, source.id));
}
