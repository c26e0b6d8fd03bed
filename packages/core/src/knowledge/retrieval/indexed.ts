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
import {
  asked,
  candidateTable,
  distanceOf,
  filtered,
  fusedRows,
  lexemeTable,
  noTextTables,
  occurrenceTable,
  textTables,
  vectorTable,
} from "./parts.ts";
import type { IndexState } from "./state.ts";

/** Chunks that the word index may bring, should the words be less rare than they were when last counted. */
const wordChunksMax = 4_000;

export interface IndexedAsk {
  query: RetrieveInput;
  state: IndexState;
  /** Which chunks the word index is asked for. */
  words: string;
  textShare: number;
  limit: number;
}

export function indexedStatement(workspaceId: string, { query, state, words, textShare, limit }: IndexedAsk): SQL {
  const mine = searched(workspaceId, query);
  const legMax = sql.raw(String(candidatesPerLegMax));
  const nearest = (from: SQL, of: SQL) =>
    sql`(select c.id, c.document_id, c.ordinal, ${of} <=> ${asked} as distance from ${from} order by ${of} <=> ${asked} limit ${legMax})`;
  return sql`
    with ${vectorTable(query)},
    size as materialized (select ${state.chunks}::int as chunks, ${state.meanLength}::float8 as mean_length),
    near_index as materialized ${nearest(sql`chunk c where ${mine} and c.indexed and c.embedder = ${query.embedder}`, sql`c.embedding`)},
    near_rest as materialized ${nearest(sql`chunk c where ${mine} and not c.indexed and c.embedder = ${query.embedder}`, sql`c.embedding`)},
    near_next as materialized ${nearest(
      sql`chunk_next_vector v join chunk c on c.workspace_id = v.workspace_id and c.id = v.chunk_id
        where v.workspace_id = ${workspaceId}::uuid and v.embedder = ${query.embedder} and ${mine} and c.embedder is distinct from ${query.embedder}`,
      sql`v.embedding`,
    )},
    near as materialized (select * from near_index union all select * from near_rest union all select * from near_next),
    ${query.lexemes.length === 0 ? noTextTables : wordedTables(workspaceId, query, state, words)},
    ${candidateTable("near")},
    scored as materialized (
      select candidate.*, coalesce(n.document_id, c.document_id) as document_id, coalesce(n.ordinal, c.ordinal) as ordinal,
        coalesce(n.distance, c.distance) as distance
      from candidate left join near n on n.id = candidate.id
        left join lateral (
          select c.document_id, c.ordinal, ${distanceOf(workspaceId, query)} as distance from chunk c
          where n.id is null and c.workspace_id = ${workspaceId}::uuid and c.id = candidate.id offset 0
        ) c on true
    ),
    ${fusedRows(workspaceId, textShare, limit)}`;
}

/** The words of what the word index brings, of what is not in it yet, and of the nearest. */
function wordedTables(workspaceId: string, query: RetrieveInput, { frequencies }: IndexState, words: string): SQL {
  const unpacked = sql`select c.id, c.length, c.lexemes || ''::tsvector as lexemes`;
  const anyWord = query.lexemes.map(({ lexeme }) => quoteLexeme(lexeme)).join(" | ");
  const known = query.lexemes.map(({ lexeme }) => frequencies[lexeme] ?? null);
  return sql`${lexemeTable(query, known)},
    worded as materialized (
      (${unpacked} from chunk_words c where c.lexemes @@ ${words}::tsquery${filtered(query)} limit ${sql.raw(String(wordChunksMax))})
      union all
      (${unpacked} from chunk c where ${searched(workspaceId, query)} and not c.indexed and c.lexemes @@ ${anyWord}::tsquery)
    ),
    ${occurrenceTable(sql`select * from worded
        union all
        select c.* from (select id from near except select id from worded) n
          cross join lateral (${unpacked} from chunk c where c.workspace_id = ${workspaceId}::uuid and c.id = n.id offset 0) c
        offset 0`)},
    ${textTables}`;
}

function searched(workspaceId: string, query: RetrieveInput): SQL {
  return sql`c.workspace_id = ${workspaceId}::uuid and c.searchable${filtered(query)}`;
}
