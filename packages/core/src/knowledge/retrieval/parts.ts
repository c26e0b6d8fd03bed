/**
 * The parts that the exact and the indexed statement have in common. Both fuse two legs, and score alike.
 *
 * Full text is BM25, computed here because PostgreSQL's own ranks know no document frequency and drag the fusion down
 * (measured: recall@5 .87 against .95). It needs the number of times a lexeme occurs in a chunk, which no function
 * gives; but `ts_rank` of one lexeme at weight 1 is (1 + 1/4 + ... + 1/n^2) * 6/pi^2, from which n follows exactly. The
 * `|| ''` before it unpacks a chunk's stored lexemes once instead of once for each lexeme of the question: half the time.
 *
 * @module
 */
import { quoteLexeme } from "@axon/ai/lexical/tsvector";
import { type SQL, sql } from "drizzle-orm";
import { b, candidatesPerLegMax, k1, type RetrieveInput } from "./input.ts";

/** Numbers of ours stand in the text itself: a plan that is kept knows them then. */
const number = (value: number): string => `${value}::float8`;

/** `asked`: the question's vector. */
export function vectorTable({ vector }: RetrieveInput): SQL {
  return sql`asked as materialized (select ${vectorOf({ vector })} as vector)`;
}

/** `lex`: the question's lexemes, `known` in how many chunks each stands where that was counted before. */
export function lexemeTable({ lexemes }: RetrieveInput, known: readonly (number | null)[]): SQL {
  return sql`lex as materialized (
      select k, lexeme, weight, quoted::tsquery as wanted, nullif(known, -1) as known
      from unnest(${textArray(lexemes.map(({ lexeme }) => lexeme))}, ${floatArray(lexemes.map(({ weight }) => weight))},
          ${textArray(lexemes.map(({ lexeme }) => quoteLexeme(lexeme)))}, ${floatArray(known.map((chunks) => chunks ?? -1))})
        with ordinality as given (lexeme, weight, quoted, known, k)
    )`;
}

/** `occurrence`: how often each lexeme stands in each row of `from`, which has `id`, `length` and unpacked `lexemes`. */
export function occurrenceTable(from: SQL): SQL {
  return sql`occurrence as materialized (
      select c.id, c.length, ranked.k, ranked.lexeme, round(1 / (pi() * pi() / 6 * (1 - ranked.rank)) - 0.5) as times
      from (${from}) c
        cross join lateral (select lex.k, lex.lexeme, ts_rank('{1,1,1,1}', c.lexemes, lex.wanted)::float8 as rank from lex offset 0) ranked
      where ranked.rank > 0
    )`;
}

const saturation = `(o.times + ${number(k1)} * (1 - ${number(b)} + ${number(b)} * o.length / size.mean_length))`;

/**
 * `frequency`, `contributed`, `by_text`: what each lexeme is worth, what it adds to each chunk, and each chunk's BM25. `lex`,
 * `occurrence` and `size` must be there.
 */
export const textTables: SQL = sql.raw(`counted as materialized (
      select lex.k, lex.lexeme, lex.weight, coalesce(lex.known, count(occurrence.k))::int as chunks
      from lex left join occurrence on occurrence.k = lex.k group by lex.k, lex.lexeme, lex.weight, lex.known
    ),
    frequency as materialized (
      select counted.*, counted.weight * ln(1 + (greatest(size.chunks, counted.chunks) - counted.chunks + 0.5::float8) / (counted.chunks + 0.5::float8)) as worth
      from counted cross join size
    ),
    contributed as materialized (
      select o.id, o.k, o.lexeme, o.times, f.worth * o.times * (${number(k1)} + 1) / ${saturation} as contribution
      from occurrence o join frequency f on f.k = o.k cross join size
    ),
    by_text as materialized (select id, sum(contribution order by k) as score from contributed group by id)`);

/** The same for a question without words, which need not pay for tables that stay empty. */
export const noTextTables: SQL = sql.raw(`frequency as (select 0 as k, '' as lexeme, 0 as chunks, 0::float8 as worth where false),
    contributed as (select null::uuid as id, 0 as k, '' as lexeme, 0 as times, 0::float8 as contribution where false),
    by_text as (select null::uuid as id, 0::float8 as score where false)`);

/** `candidate`: the best of each leg with their places. The table `near` must have `id` and `distance`. */
export function candidateTable(near: "near" | "corpus"): SQL {
  return sql.raw(`candidate as materialized (
      select id, max(text_rank) as text_rank, max(vector_rank) as vector_rank from (
        (select id, row_number() over (order by score desc, id)::int as text_rank, null::int as vector_rank from by_text
          order by score desc, id limit ${candidatesPerLegMax})
        union all
        (select id, null::int, row_number() over (order by distance, id)::int from ${near} where distance is not null
          order by distance, id limit ${candidatesPerLegMax})
      ) legs group by id
    )`);
}

/**
 * The end of the statement: `scored` (every candidate's `id`, `document_id`, `ordinal`, `distance`, `text_rank`,
 * `vector_rank`) is fused, cut and given its text.
 */
export function fusedRows(workspaceId: string, textShare: number, limit: number): SQL {
  const share = sql`${textShare}::float8`;
  return sql`top as materialized (
      select scored.*, coalesce(by_text.score, 0) as text_score, coalesce(1 - scored.distance, 0) as vector_score,
        least(1, ${share} * coalesce(coalesce(by_text.score, 0) / nullif((${sql.raw(number(k1))} + 1) * (select sum(worth order by k) from frequency), 0), 0)
          + (1 - ${share}) * greatest(coalesce(1 - scored.distance, 0), 0)) as fused
      from scored left join by_text on by_text.id = scored.id
      order by fused desc, scored.document_id, scored.ordinal limit ${limit}
    ),
    worded_top as materialized (
      select id, array_agg(lexeme order by k) as matched, array_agg(times::int order by k) as times, array_agg(contribution order by k) as contributions
      from contributed where id in (select id from top) group by id
    )
    select top.*, w.matched, w.times, w.contributions, c.source_id, c.title, c.heading_path, c.text, c.page, c.audience, c.locale, c.labels, c.searchable, size.chunks,
      (select d.uri from document d where d.workspace_id = ${workspaceId}::uuid and d.id = top.document_id) as uri,
      (select json_object_agg(lexeme, json_build_array(chunks, worth)) from frequency) as frequencies
    from top left join worded_top w on w.id = top.id cross join lateral (select * from chunk where workspace_id = ${workspaceId}::uuid and id = top.id offset 0) c cross join size
    order by top.fused desc, top.document_id, top.ordinal`;
}

/**
 * The distance of chunk `c`, null when it has no vector of the question's embedder. While a workspace changes over, its
 * next vectors lie beside the chunks.
 */
export function distanceOf(workspaceId: string, query: RetrieveInput): SQL {
  return sql`case when c.embedder = ${query.embedder} then c.embedding <=> ${asked} else (
      select v.embedding <=> ${asked} from chunk_next_vector v
      where v.workspace_id = ${workspaceId}::uuid and v.chunk_id = c.id and v.embedder = ${query.embedder}) end`;
}

/** The question's vector, where `asked` is there. */
export const asked: SQL = sql`(select vector from asked)`;

export function vectorOf({ vector }: Pick<RetrieveInput, "vector">): SQL {
  return sql`${vectorText(vector)}::halfvec`;
}

/** Half precision keeps steps of 2^-24 at its finest; ten millionths are about as fine, and whole numbers are written four times as fast as fractions. */
function vectorText(vector: Float32Array): string {
  let text = "[";
  for (let at = 0; at < vector.length; at++) text += `${at === 0 ? "" : ","}${Math.round((vector[at] ?? 0) * 1e7)}e-7`;
  return `${text}]`;
}

/**
 * ` and …` for rows that the scope lets through; nothing where it lets all through. `row` is what the statement calls them: chunks,
 * or documents, which have the same columns for it.
 */
export function filtered({ sourceIds, filter }: Pick<RetrieveInput, "sourceIds" | "filter">, row: SQL = sql`c`): SQL {
  const parts: SQL[] = [];
  if (sourceIds.length > 0) parts.push(sql`${row}.source_id = any(${textArray(sourceIds)}::uuid[])`);
  if (filter?.audience === "public") parts.push(sql`${row}.audience = 'public'`);
  if (filter?.labels && filter.labels.length > 0) parts.push(sql`${row}.labels && ${textArray(filter.labels)}`);
  if (filter?.locale) {
    const { same, within } = localesLike(filter.locale);
    parts.push(
      sql`(${row}.locale is null or lower(${row}.locale) = any(${textArray(same)}) or starts_with(lower(${row}.locale), ${within}))`,
    );
  }
  return sql.join(parts.map((part) => sql` and ${part}`));
}

/** `pt-BR` is served by `pt-BR` and `pt`; `pt` by every Portuguese. */
function localesLike(locale: string): { same: string[]; within: string } {
  const wanted = locale.toLowerCase();
  const parts = wanted.split("-");
  return { same: parts.map((_, at) => parts.slice(0, at + 1).join("-")), within: `${wanted}-` };
}

/** The same for one that is at hand. */
export function localeFits(locale: string, wanted: string): boolean {
  const { same, within } = localesLike(wanted);
  return same.includes(locale.toLowerCase()) || locale.toLowerCase().startsWith(within);
}

export function textArray(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`;
}

function floatArray(values: readonly number[]): SQL {
  return sql`${sql.param([...values])}::float8[]`;
}
