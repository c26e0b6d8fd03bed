/**
 * Cutting what was read into chunks. Those that the published version has already, word for word, stay the rows they are; only
 * the others are written, where nobody finds them before the version is published.
 *
 * Cutting a large text takes seconds: it is done between two transactions, a little at a time.
 *
 * @module
 */
import { type ChunkDraft, chunkBlocks } from "@axon/ai/chunk";
import { indexLexemes } from "@axon/ai/lexical/analyze";
import { type CopyColumn, copyIn } from "@axon/db/copy";
import { newId } from "@axon/db/ids";
import { chunk, documentContent, type KeptChunk } from "@axon/db/schema/knowledge";
import { and, asc, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { requireRoom } from "../internal/plan-limits.ts";
import type { ReadingDeps } from "./deps.ts";
import { NothingToSearch } from "./failures.ts";
import { updateHeld } from "./lease.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

/** Chunks whose words are in memory at once, and that one commit writes. */
const rowsPerCommit = 500;
/** Chunks after which other work gets its turn. */
const chunksPerTurn = 20;

/** A chunk of the published version. */
type Live = Pick<typeof chunk.$inferSelect, "id" | "hash" | "occurrence" | "headingPath" | "text" | "title">;

interface Draft extends ChunkDraft {
  occurrence: number;
}

interface Reading {
  title: string;
  drafts: Draft[];
  live: Live[];
}

/** Writes the chunks of the version in work and moves on to `embedding`. Chunks of an earlier try are replaced. Throws `NothingToSearch`. */
export async function storeChunks(deps: ReadingDeps, workspaceId: string, held: DocumentRow, signal: AbortSignal): Promise<DocumentRow> {
  const reading = await read(deps, workspaceId, held);
  const byName = new Map(reading.live.map((row) => [nameOf(row), row]));
  const fresh = reading.drafts.filter((draft) => !byName.has(nameOf(draft)));
  const total = reading.drafts.length;
  await deps.inWorkspace(workspaceId, async (ws) => {
    await requireRoom(ws, "chunksMax", Math.max(0, total - held.chunkCount));
    await updateHeld(ws, held, { done: 0, total });
    await ws.tx.delete(chunk).where(stagedOf(held));
  });
  for (let start = 0; start < fresh.length; start += rowsPerCommit) {
    const rows = await rowsOf(reading.title, fresh.slice(start, start + rowsPerCommit), signal);
    await deps.inWorkspace(workspaceId, async (ws) => {
      await updateHeld(ws, held, {});
      await copyIn(ws.tx, "chunk_rows", columns, rows);
      await ws.tx.execute(sql`
        insert into chunk (workspace_id, id, document_id, source_id, version, ordinal, title, heading_path, text, page, hash, occurrence,
          lexemes, length, audience, locale, labels)
        select ${workspaceId}::uuid, id, ${held.id}::uuid, ${held.sourceId}::uuid, ${held.version}, ordinal, ${reading.title}, heading_path, text, page,
          hash, occurrence, lexemes::tsvector, length, ${held.audience}, ${held.locale}, ${sql.param(held.labels)}::text[]
        from chunk_rows`);
    });
  }
  const kept = await keptOf(reading, byName, signal);
  return deps.inWorkspace(workspaceId, async (ws) => {
    const next = await updateHeld(ws, held, { status: "embedding", done: kept.length });
    await ws.tx.update(documentContent).set({ kept }).where(contentOf(held));
    emitProgress(ws, next);
    return next;
  });
}

async function read(deps: ReadingDeps, workspaceId: string, held: DocumentRow): Promise<Reading> {
  const { content, live } = await deps.inWorkspace(workspaceId, async (ws) => ({
    content: await readContent(ws, held),
    live: await readLive(ws, held.id),
  }));
  const title = content.title?.trim() || held.name;
  const drafts = chunkBlocks(title, content.blocks, live);
  if (drafts.length === 0) throw new NothingToSearch("no block of the document has any text");
  const counts = new Map<string, number>();
  return {
    title,
    live,
    drafts: drafts.map((draft) => {
      const occurrence = counts.get(draft.hash) ?? 0;
      counts.set(draft.hash, occurrence + 1);
      return { ...draft, occurrence };
    }),
  };
}

async function readContent(ws: WorkspaceCtx, held: DocumentRow) {
  const [content] = await ws.tx
    .select({ title: documentContent.title, blocks: documentContent.blocks })
    .from(documentContent)
    .where(contentOf(held));
  if (!content) throw new Error("a document is being chunked that was not read");
  return content;
}

function readLive(ws: WorkspaceCtx, documentId: string): Promise<Live[]> {
  return ws.tx
    .select({
      id: chunk.id,
      hash: chunk.hash,
      occurrence: chunk.occurrence,
      headingPath: chunk.headingPath,
      text: chunk.text,
      title: chunk.title,
    })
    .from(chunk)
    .where(and(eq(chunk.documentId, documentId), chunk.searchable))
    .orderBy(asc(chunk.ordinal));
}

/** What a chunk is called in all versions of its document. */
function nameOf({ hash, occurrence }: Pick<Live, "hash" | "occurrence">): string {
  return `${hash}:${occurrence}`;
}

const columns: readonly CopyColumn[] = [
  { name: "id", type: "uuid" },
  { name: "ordinal", type: "integer" },
  { name: "heading_path", type: "text[]" },
  { name: "text", type: "text" },
  { name: "page", type: "integer" },
  { name: "hash", type: "text" },
  { name: "occurrence", type: "integer" },
  { name: "lexemes", type: "text" },
  { name: "length", type: "integer" },
];

/** As `columns` has them. */
async function rowsOf(title: string, drafts: readonly Draft[], signal: AbortSignal): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (const { ordinal, headingPath, text, page, hash, occurrence } of drafts) {
    const { tsvector, length } = indexLexemes(title, headingPath, text);
    rows.push([newId(), ordinal, headingPath, text, page, hash, occurrence, tsvector, length]);
    if (rows.length % chunksPerTurn === 0) await otherWork(signal);
  }
  return rows;
}

/** What becomes of the live chunks that stay, in the new version's order. Their words change when the title has. */
async function keptOf({ title, drafts }: Reading, byName: ReadonlyMap<string, Live>, signal: AbortSignal): Promise<KeptChunk[]> {
  const kept: KeptChunk[] = [];
  for (const draft of drafts) {
    const row = byName.get(nameOf(draft));
    if (!row) continue;
    const { id } = row;
    const { ordinal, page } = draft;
    if (row.title === title) kept.push({ id, ordinal, page });
    else {
      const { tsvector, length } = indexLexemes(title, draft.headingPath, draft.text);
      kept.push({ id, ordinal, page, title, lexemes: tsvector, length });
    }
    if (kept.length % chunksPerTurn === 0) await otherWork(signal);
  }
  return kept;
}

async function otherWork(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

function contentOf(held: DocumentRow) {
  return and(eq(documentContent.documentId, held.id), eq(documentContent.version, held.version));
}

/** The chunks of the version in work: written, and found by nobody yet. */
export function stagedOf(held: Pick<DocumentRow, "id" | "version">) {
  return and(eq(chunk.documentId, held.id), eq(chunk.version, held.version), sql`not ${chunk.searchable}`, sql`${chunk.retiredAt} is null`);
}
