/**
 * Hybrid retrieval: full text and vectors over the searchable chunks of one workspace, each hit with both scores. A document's
 * chunks are searchable once its version is published; deleted documents have none.
 *
 * Small workspaces are searched exactly. Big ones through indexes, and exactly after all when the indexes do not bring as many
 * chunks as there are. Knows no agent: what may be found is said by whoever asks.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { exactStatement } from "./exact.ts";
import { indexedStatement } from "./indexed.ts";
import { type Found, type FoundHit, hitsMax, k1, measuredTextShare, type RetrieveInput } from "./input.ts";
import { textArray } from "./parts.ts";
import { type IndexState, openIndex, settingsForExact, settingsForFew } from "./state.ts";
import { wordsToFind } from "./words.ts";

type Ctx = Pick<WorkspaceCtx, "workspaceId" | "tx">;

interface Row {
  id: string;
  document_id: string;
  source_id: string;
  ordinal: number;
  title: string;
  heading_path: string[];
  text: string;
  page: number | null;
  uri: string | null;
  audience: FoundHit["audience"];
  locale: string | null;
  labels: string[];
  searchable: boolean;
  matched: string[] | null;
  times: number[] | null;
  contributions: number[] | null;
  text_rank: number | null;
  vector_rank: number | null;
  vector_score: number;
  text_score: number;
  fused: number;
  chunks: number;
  frequencies: Record<string, [chunks: number, worth: number]> | null;
}

/** Fewer chunks than this in the sources that are asked for: quicker one by one. */
const fewChunks = 5_000;

/**
 * The best chunks for a query, best first, at most `limit` (and `hitsMax`), and as many as there are. Equal scores are in the
 * order of the document. With no lexemes only the vectors speak; in an empty workspace there are no hits.
 */
export async function retrieve(ws: Ctx, query: RetrieveInput): Promise<Found> {
  const state = await openIndex(
    ws,
    query.lexemes.map(({ lexeme }) => lexeme),
  );
  const limit = Math.max(0, Math.min(query.limit, hitsMax));
  const textShare = query.textShare ?? state.textShare ?? measuredTextShare;
  if (await indexesHelp(ws, query, state)) {
    const words = wordsToFind(query.lexemes, state.frequencies, state.chunks);
    if (isNarrowed(query)) await ws.tx.execute(settingsForFew);
    const rows = await ws.tx.executePrepared<Row>(indexedStatement(ws.workspaceId, { query, state, words, textShare, limit }));
    if (rows.length >= limit) return toFound(rows, "indexed", textShare);
  }
  if (state.big) await ws.tx.execute(settingsForExact);
  return toFound(await ws.tx.executePrepared<Row>(exactStatement(ws.workspaceId, query, textShare, limit)), "exact", textShare);
}

/** Customers' questions look at public texts; that alone leaves most. */
function isNarrowed({ sourceIds, filter }: RetrieveInput): boolean {
  return sourceIds.length > 0 || Boolean(filter?.locale) || (filter?.labels?.length ?? 0) > 0;
}

async function indexesHelp({ workspaceId, tx }: Ctx, query: RetrieveInput, state: IndexState): Promise<boolean> {
  if (!state.big || query.asOf !== undefined || query.unpublished) return false;
  if (query.sourceIds.length === 0) return true;
  const [row] = await tx.execute<{ many: boolean }>(sql`
    select exists (select 1 from chunk where workspace_id = ${workspaceId}::uuid and searchable
      and source_id = any(${textArray(query.sourceIds)}::uuid[]) offset ${fewChunks} limit 1) as many`);
  return row?.many === true;
}

function toFound(rows: readonly Row[], path: Found["how"]["path"], textShare: number): Found {
  const frequencies = Object.entries(rows[0]?.frequencies ?? {});
  const worth = Object.fromEntries(frequencies.map(([lexeme, [, value]]) => [lexeme, value]));
  return {
    hits: rows.map(toHit),
    corpus: {
      chunks: rows[0]?.chunks ?? 0,
      documentFrequency: Object.fromEntries(frequencies.map(([lexeme, [chunks]]) => [lexeme, chunks])),
    },
    how: { path, textShare, textScoreMax: (k1 + 1) * Object.values(worth).reduce((sum, value) => sum + value, 0), worth },
  };
}

function toHit(row: Row): FoundHit {
  return {
    chunkId: row.id,
    documentId: row.document_id,
    sourceId: row.source_id,
    ordinal: row.ordinal,
    title: row.title,
    headingPath: row.heading_path,
    text: row.text,
    page: row.page,
    uri: row.uri,
    scores: { vector: row.vector_score, text: row.text_score, fused: row.fused },
    matched: row.matched ?? [],
    audience: row.audience,
    locale: row.locale,
    labels: row.labels,
    searchable: row.searchable,
    ranks: { vector: row.vector_rank, text: row.text_rank },
    occurrences: (row.times ?? []).map((times, at) => ({ times, contribution: row.contributions?.[at] ?? 0 })),
  };
}
