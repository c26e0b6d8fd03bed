/**
 * The statement for a big workspace: the nearest chunks by the vector index, and the chunks with the question's rarer words by
 * the word index; what is in neither yet is compared one by one. Scores are those of the exact statement, but that the number of
 * chunks with a common lexeme, and of chunks in all, are as they were last counted.
 *
 * @module
 */
import { quoteLexeme } from "@axon/ai/lexical/tsvector";
import { type SQL, sql } from "drizzle-orm";
import { candidatesPerLegMax, type RetrieveInput } from "./input.ts";
import { asked, candidateTable, distanceOf, filtered, fusedRows, occurrenceTable, questionTables, textTables } from "./parts.ts";
import type { IndexState } from "./state.ts";

/** Chunks that the word index may bring, should the words be less rare than they were when last counted. */
const wordChunksMax = 4_000;
/** How many neighbours the vector index keeps in sight: more find better and take longer. */
const neighboursInSight = 200;

/**
 * Settings of this transaction only: to look further until there are enough, and never to start other processes for it. Narrowed
 * to few chunks, the statement is planned for its own values: sorting those few may be better than the index. Otherwise it is
 * planned once for any, which cannot tell a big workspace from the average one: hence the ban on sorting, with which the vector
 * index is the only way left to the nearest.
 */
export function indexedSettings(narrowed: boolean): SQL {
  return sql.raw(`select set_config('plan_cache_mode', '${narrowed ? "force_custom_plan" : "force_generic_plan"}', true),
    set_config('enable_sort', '${narrowed ? "on" : "off"}', true), set_config('max_parallel_workers_per_gather', '0', true),
    set_config('hnsw.ef_search', '${neighboursInSight}', true), set_config('hnsw.iterative_scan', 'relaxed_order', true)`);
}

export interface IndexedAsk {
  query: RetrieveInput;
  state: IndexState;
  /** Which chunks the word index is asked for. */
  words: string;
  textShare: number;
  limit: number;
}

export function indexedStatement(workspaceId: string, { query, state, words, textShare, limit }: IndexedAsk): SQL {
  const mine = sql`c.workspace_id = ${workspaceId}::uuid and c.searchable${filtered(query)}`;
  const legMax = sql.raw(String(candidatesPerLegMax));
  const unpacked = sql`select c.id, c.length, c.lexemes || ''::tsvector as lexemes`;
  const anyWord = query.lexemes.map(({ lexeme }) => quoteLexeme(lexeme)).join(" | ");
  const nearest = (from: SQL, of: SQL) =>
    sql`(select c.id, ${of} <=> ${asked} as distance from ${from} order by ${of} <=> ${asked} limit ${legMax})`;
  return sql`
    with ${questionTables(
      query,
      query.lexemes.map(({ lexeme }) => state.frequencies[lexeme] ?? null),
    )},
    size as materialized (select ${state.chunks}::int as chunks, ${state.meanLength}::float8 as mean_length),
    near_index as materialized ${nearest(sql`chunk c where ${mine} and c.indexed and c.embedder = ${query.embedder}`, sql`c.embedding`)},
    near_rest as materialized ${nearest(sql`chunk c where ${mine} and not c.indexed and c.embedder = ${query.embedder}`, sql`c.embedding`)},
    near_next as materialized ${nearest(
      sql`chunk_next_vector v join chunk c on c.workspace_id = v.workspace_id and c.id = v.chunk_id
        where v.workspace_id = ${workspaceId}::uuid and v.embedder = ${query.embedder} and ${mine} and c.embedder is distinct from ${query.embedder}`,
      sql`v.embedding`,
    )},
    near as materialized (select * from near_index union all select * from near_rest union all select * from near_next),
    worded as materialized (
      (${unpacked} from chunk_words c where c.lexemes @@ ${words}::tsquery${filtered(query)} limit ${sql.raw(String(wordChunksMax))})
      union all
      (${unpacked} from chunk c where ${mine} and not c.indexed and c.lexemes @@ ${anyWord}::tsquery)
    ),
    ${occurrenceTable(sql`select * from worded
        union all
        select c.* from (select id from near where (select count(*) from lex) > 0 except select id from worded) n
          cross join lateral (${unpacked} from chunk c where c.workspace_id = ${workspaceId}::uuid and c.id = n.id offset 0) c
        offset 0`)},
    ${textTables()},
    ${candidateTable(sql`near`)},
    scored as materialized (
      select candidate.*, c.document_id, c.ordinal, c.distance from candidate
        cross join lateral (
          select c.document_id, c.ordinal,
            case when candidate.vector_rank is null then ${distanceOf(workspaceId, query)} else (select min(distance) from near where near.id = candidate.id) end as distance
          from chunk c
          where c.workspace_id = ${workspaceId}::uuid and c.id = candidate.id offset 0
        ) c
    ),
    ${fusedRows(workspaceId, textShare, limit)}`;
}
