/**
 * A page that was read becomes a document, or a new version of the one it has; the version before stays searchable until the
 * new one is.
 *
 * @module
 */
import type { PlanLimits } from "@axon/contracts/plan-limits";
import type { WebPage } from "@axon/contracts/web";
import { newId } from "@axon/db/ids";
import { document, sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, inArray, isNotNull, ne } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { nextVersion } from "../next-version.ts";
import { purgeLater } from "../purge.ts";
import { queueIngest } from "../queue-ingest.ts";
import { requireUploadRoom } from "../upload-room.ts";
import { type DocumentRow, emitProgress } from "../view.ts";
import { hashOf, nameOf } from "./page-file.ts";
import { type PageOutcome, type PageRow, settlePage } from "./settle-page.ts";
import { SyncLost } from "./sync-lease.ts";
import type { SourceRow } from "./view.ts";

type ReadPage = Extract<WebPage, { kind: "page" }>;
/** What the commit says of the page beside that it was stored. */
type Aside = Pick<PageOutcome, "links">;

/** Keeps the page's bytes if they are new, has them read, and settles the page. Throws `SyncLost`. */
export async function storePage(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "files">,
  held: SourceRow,
  page: PageRow,
  read: ReadPage,
  aside: Aside,
  plan: PlanLimits,
): Promise<void> {
  const { workspaceId } = held;
  const contentHash = hashOf(read.bytes);
  const known = { etag: read.etag, lastModified: read.lastModified, contentHash };
  const settle = (outcome: PageOutcome) =>
    deps.inWorkspace(workspaceId, (ws) => settlePage(ws, held, page, { ...aside, ...outcome }, plan));
  const before = await deps.inWorkspace(workspaceId, (ws) => lookAround(ws, held, page, contentHash));
  if (before.deleted) return settle({ state: "skipped", reason: "deleted", document: "kept", counts: "skipped" });
  if (before.document && page.contentHash === contentHash) {
    return settle({ state: "unchanged", document: "kept", counts: "unchanged", known });
  }
  if (before.twin) return settle({ state: "skipped", reason: "duplicate", document: "missed", counts: "skipped" });

  const id = before.document?.id ?? newId();
  const version = (before.document?.version ?? 0) + 1;
  // A worker that was given up for dead may still write: never in the place of the one that followed it.
  const storageKey = `${workspaceId}/${id}/${version}-${held.syncLeaseToken}`;
  // The file first: a row whose file is missing could never be read, a file without a row only takes a little room.
  await deps.files.write(storageKey, read.bytes, read.mime);
  try {
    await deps.inWorkspace(workspaceId, async (ws) => {
      const content = { name: nameOf(read), mime: read.mime, bytes: read.bytes.length, storageKey };
      await settlePage(
        ws,
        held,
        page,
        {
          ...aside,
          state: "fetched",
          document: "kept",
          counts: before.document ? "changed" : "added",
          known: { ...known, documentId: id },
        },
        plan,
      );
      const row = before.document ? await renew(ws, before.document, content) : await add(ws, held, { id, uri: page.url, ...content });
      await queueIngest(ws);
      emitProgress(ws, row);
    });
  } catch (error) {
    if (error instanceof Refusal || error instanceof SyncLost) await deps.files.remove([storageKey]);
    if (!(error instanceof Refusal) || error.reason !== "plan_limit") throw error;
    await settle({ state: "skipped", reason: "plan_limit", document: "kept", counts: "skipped", capped: true });
  }
}

interface Around {
  document: DocumentRow | null;
  /** True when a person has deleted the page's document: it stays away. */
  deleted: boolean;
  /** True when another page of this sync has the same content. */
  twin: boolean;
}

async function lookAround(ws: WorkspaceCtx, held: SourceRow, page: PageRow, contentHash: string): Promise<Around> {
  const [own] = await ws.tx
    .select()
    .from(document)
    .where(page.documentId === null ? and(eq(document.sourceId, held.id), eq(document.uri, page.url)) : eq(document.id, page.documentId));
  const [twin] = await ws.tx
    .select({ url: sourcePage.url })
    .from(sourcePage)
    .where(
      and(
        eq(sourcePage.sourceId, held.id),
        eq(sourcePage.sync, held.sync),
        eq(sourcePage.contentHash, contentHash),
        inArray(sourcePage.state, ["fetched", "unchanged"]),
        isNotNull(sourcePage.documentId),
        ne(sourcePage.url, page.url),
      ),
    )
    .limit(1);
  return { document: own ?? null, deleted: page.documentId !== null && !own, twin: twin !== undefined };
}

type Content = Pick<DocumentRow, "name" | "mime" | "bytes" | "storageKey">;

async function add(
  ws: WorkspaceCtx,
  held: SourceRow,
  { id, uri, ...content }: Content & { id: string; uri: string },
): Promise<DocumentRow> {
  await requireUploadRoom(ws, { documents: 1, bytes: content.bytes, bytesMore: content.bytes });
  const { audience, locale, labels } = held;
  const [row] = await ws.tx
    .insert(document)
    .values({ workspaceId: ws.workspaceId, id, sourceId: held.id, uri, ...content, status: "queued", audience, locale, labels })
    .returning();
  if (!row) throw new Error("a document was not inserted");
  return row;
}

/** A worker that reads the version before finds its token outdated. */
async function renew(ws: WorkspaceCtx, before: DocumentRow, content: Content): Promise<DocumentRow> {
  await requireUploadRoom(ws, { documents: 0, bytes: content.bytes, bytesMore: content.bytes - before.bytes });
  const [row] = await ws.tx
    .update(document)
    .set({
      ...content,
      ...nextVersion(before),
    })
    .where(and(eq(document.id, before.id), eq(document.version, before.version)))
    .returning();
  if (!row) throw new SyncLost("the page's document was changed or deleted in this moment");
  purgeLater(ws, `${before.id}-${before.version}`, [before.storageKey]);
  return row;
}
