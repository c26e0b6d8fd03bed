/**
 * The statement that compares every chunk it may: right whatever is asked, and quick for a workspace of thousands. Its text is
 * the same for every question of one shape, so that a connection plans it once.
 *
 * @module
 */
import { quoteLexeme } from "@axon/ai/lexical/tsvector";
import { type SQL, sql } from "drizzle-orm";
import type { RetrieveInput } from "./input.ts";
import {
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

export function exactStatement(workspaceId: string, query: RetrieveInput, textShare: number, limit: number): SQL {
  const searched = searchable(workspaceId, query);
  return sql`
    with ${vectorTable(query)},
    corpus as materialized (select c.id, c.document_id, c.ordinal, c.length, ${distanceOf(workspaceId, query)} as distance from ${searched}),
    size as materialized (select count(*)::int as chunks, greatest(avg(length), 1)::float8 as mean_length from corpus),
    ${query.lexemes.length === 0 ? noTextTables : wordedTables(query, searched)},
    ${candidateTable("corpus")},
    scored as materialized (
      select candidate.*, corpus.document_id, corpus.ordinal, corpus.distance from candidate join corpus on corpus.id = candidate.id
    ),
    ${fusedRows(workspaceId, textShare, limit)}`;
}

function wordedTables(query: RetrieveInput, searched: SQL): SQL {
  const anyWord = query.lexemes.map(({ lexeme }) => quoteLexeme(lexeme)).join(" | ");
  const known = query.lexemes.map(() => null);
  return sql`${lexemeTable(query, known)},
    ${occurrenceTable(sql`select c.id, c.length, c.lexemes || ''::tsvector as lexemes from ${searched} and c.lexemes @@ ${anyWord}::tsquery offset 0`)},
    ${textTables}`;
}

/**
 * The chunks `c` that may be searched, with a `where` that more conditions can follow. One table and no join: the planner
 * takes a workspace that has just been filled for empty, and would then compare every chunk with every document.
 */
function searchable(workspaceId: string, query: RetrieveInput): SQL {
  return sql`chunk c where c.workspace_id = ${workspaceId}::uuid and ${whenSearchable(query)}${filtered(query)}`;
}

function whenSearchable({ asOf, unpublished }: RetrieveInput): SQL {
  if (asOf !== undefined) {
    // Chunks of before the time was kept have none: they are taken to have been there all along. A staged one has neither time.
    const published = sql`(c.published_at <= ${asOf}::timestamptz or (c.published_at is null and (c.searchable or c.retired_at is not null)))`;
    return sql`${published} and (c.retired_at is null or c.retired_at > ${asOf}::timestamptz)`;
  }
  return unpublished ? sql`(c.searchable or c.retired_at is null)` : sql`c.searchable`;
}
