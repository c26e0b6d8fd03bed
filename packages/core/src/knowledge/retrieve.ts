/**
 * Hybrid retrieval in one statement: full text and vectors over the searchable chunks of one workspace, each hit with
 * both scores. A document's chunks are searchable once its version is published; deleted documents have none.
 *
 * Full text is BM25, computed here because PostgreSQL's own ranks know no document frequency and drag the fusion down
 * (measured: recall@5 .87 against .95). It needs the number of times a lexeme occurs in a chunk, which no function
 * gives; but `ts_rank` of one lexeme at weight 1 is (1 + 1/4 + ... + 1/n^2) * 6/pi^2, from which n follows exactly. The
 * `|| ''` before it unpacks a chunk's stored lexemes once instead of once for each lexeme of the question: half the time.
 *
 * @module
 */
import { quoteLexeme } from "@axon/ai/lexical/tsvector";
import type { Retrieval, RetrievalHit, RetrievalQuery } from "@axon/ai/retrieval";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";

export interface RetrieveInput extends RetrievalQuery {
  /** Only these sources; empty means every source of the workspace. */
  sourceIds: readonly string[];
  /** Vectors of other embedders are not compared; their chunks are found by full text only. */
  embedder: string;
}

/** Chunks that each leg brings to the fusion. */
const candidatesPerLegMax = 100;
export const hitsMax = 100;

/** BM25's usual constants: how soon repetition stops counting, how much length does. */
const k1 = 1.2;
const b = 0.75;
/**
 * The fused score: shares of the text score, as a part of the most this question could get (so that it is 0..1 like the
 * cosine, whatever the question), and of the cosine. Set on the dev sets; anything from .35 to .5 does about as well.
 */
const textShare = 0.44;

interface Row extends Record<string, unknown> {
  id: string;
  document_id: string;
  source_id: string;
  ordinal: number;
  title: string;
  heading_path: string[];
  text: string;
  page: number | null;
  matched: string[] | null;
  vector_score: number;
  text_score: number;
  fused: number;
  chunks: number;
  frequencies: Record<string, number> | null;
}

/**
 * The best chunks for a query, best first, at most `limit` (and `hitsMax`). Exact over the searched set; equal scores
 * are in the order of the document. With no lexemes only the vectors speak; in an empty workspace there are no hits.
 */
export async function retrieve(ws: Pick<WorkspaceCtx, "workspaceId" | "tx">, query: RetrieveInput): Promise<Retrieval> {
  const rows = await ws.tx.execute<Row>(statement(ws.workspaceId, query));
  const [first] = rows;
  return {
    hits: rows.map(toHit),
    corpus: { chunks: first?.chunks ?? 0, documentFrequency: first?.frequencies ?? {} },
  };
}

function toHit(row: Row): RetrievalHit {
  return {
    chunkId: row.id,
    documentId: row.document_id,
    sourceId: row.source_id,
    ordinal: row.ordinal,
    title: row.title,
    headingPath: row.heading_path,
    text: row.text,
    page: row.page,
    scores: { vector: row.vector_score, text: row.text_score, fused: row.fused },
    matched: row.matched ?? [],
  };
}

function statement(workspaceId: string, query: RetrieveInput): SQL {
  const limit = Math.max(0, Math.min(query.limit, hitsMax));
  // Half precision keeps four digits; more would only be sent and thrown away.
  const vector = `[${Array.from(query.vector, (value) => (value === 0 ? "0" : value.toPrecision(5))).join(",")}]`;
  const quoted = query.lexemes.map(({ lexeme }) => quoteLexeme(lexeme));
  const searched = searchable(workspaceId, query.sourceIds);
  return sql`
    with lex as materialized (
      select k, lexeme, weight, quoted::tsquery as wanted
      from unnest(${textArray(query.lexemes.map(({ lexeme }) => lexeme))}, ${floatArray(query.lexemes.map(({ weight }) => weight))}, ${textArray(quoted)})
        with ordinality as given (lexeme, weight, quoted, k)
    ),
    asked as materialized (select ${vector}::halfvec as vector),
    corpus as materialized (select c.id, c.document_id, c.ordinal, c.length from ${searched}),
    size as materialized (select count(*)::int as chunks, greatest(avg(length), 1)::float8 as mean_length from corpus),
    occurrence as materialized (
      select c.id, c.length, ranked.k, ranked.lexeme, round(1 / (pi() * pi() / 6 * (1 - ranked.rank)) - 0.5) as times
      from (select c.id, c.length, c.lexemes || ''::tsvector as lexemes from ${searched} and c.lexemes @@ ${quoted.join(" | ")}::tsquery offset 0) c
        cross join lateral (select lex.k, lex.lexeme, ts_rank('{1,1,1,1}', c.lexemes, lex.wanted)::float8 as rank from lex offset 0) ranked
      where ranked.rank > 0
    ),
    frequency as materialized (
      select lex.k, lex.lexeme, lex.weight, count(occurrence.k)::int as chunks
      from lex left join occurrence on occurrence.k = lex.k group by lex.k, lex.lexeme, lex.weight
    ),
    rarity as materialized (
      select frequency.k, frequency.weight * ln(1 + (size.chunks - frequency.chunks + 0.5::float8) / (frequency.chunks + 0.5::float8)) as worth from frequency, size
    ),
    by_text as materialized (
      select o.id, array_agg(o.lexeme order by o.k) as matched,
        sum(rarity.worth * o.times * (${k1}::float8 + 1) / (o.times + ${k1}::float8 * (1 - ${b}::float8 + ${b}::float8 * o.length / size.mean_length))) as score
      from occurrence o join rarity on rarity.k = o.k cross join size group by o.id
    ),
    by_vector as materialized (
      select c.id, c.embedding <=> (select vector from asked) as distance from ${searched} and c.embedder = ${query.embedder}
    ),
    candidate as (
      (select id from by_text order by score desc, id limit ${candidatesPerLegMax})
      union
      (select id from by_vector order by distance limit ${candidatesPerLegMax})
    ),
    scored as (
      select candidate.id, coalesce(by_text.score, 0) as text_score, by_text.matched, coalesce(1 - by_vector.distance, 0) as vector_score
      from candidate left join by_text on by_text.id = candidate.id left join by_vector on by_vector.id = candidate.id
    ),
    best as (
      select scored.*, least(1, ${textShare}::float8 * coalesce(text_score / nullif((${k1}::float8 + 1) * (select sum(worth) from rarity), 0), 0)
        + (1 - ${textShare}::float8) * greatest(vector_score, 0)) as fused
      from scored
    ),
    top as materialized (
      select best.*, corpus.document_id, corpus.ordinal from best join corpus on corpus.id = best.id
      order by best.fused desc, corpus.document_id, corpus.ordinal limit ${limit}
    )
    select top.*, c.source_id, c.title, c.heading_path, c.text, c.page, size.chunks,
      (select json_object_agg(lexeme, chunks) from frequency) as frequencies
    from top cross join lateral (select * from chunk where workspace_id = ${workspaceId}::uuid and id = top.id offset 0) c cross join size
    order by top.fused desc, top.document_id, top.ordinal`;
}

/**
 * The chunks `c` that may be searched, with a `where` that more conditions can follow. One table and no join: the planner
 * takes a workspace that has just been filled for empty, and would then compare every chunk with every document. (No GIN
 * or HNSW index would help: under row-level security an operator that is not leakproof, as `@@` is, cannot be an index
 * condition.)
 */
function searchable(workspaceId: string, sourceIds: readonly string[]): SQL {
  const sources = sourceIds.length === 0 ? sql`` : sql` and c.source_id = any(${textArray(sourceIds)}::uuid[])`;
  return sql`chunk c where c.workspace_id = ${workspaceId}::uuid and c.searchable${sources}`;
}

function textArray(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`;
}

function floatArray(values: readonly number[]): SQL {
  return sql`${sql.param([...values])}::float8[]`;
}
