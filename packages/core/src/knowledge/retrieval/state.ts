/**
 * How a workspace's knowledge is searched: by which embedder's vectors, with which weights, with the help of indexes or not.
 *
 * @module
 */
import type { Embedder } from "@axon/ai/provider";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { textArray } from "./parts.ts";

export interface IndexState {
  /** Whose vectors questions are compared with; null: the server's own embedder. */
  embedder: string | null;
  /** The workspace's own weight of the text score, 0..1; null: as measured. */
  textShare: number | null;
  big: boolean;
  /** Searchable chunks and their mean number of lexemes, as last counted; 0 and 1 when that never was. */
  chunks: number;
  meanLength: number;
  /** In how many chunks of a big workspace each of the lexemes asked about stood when last counted; rare ones are not told. */
  frequencies: Readonly<Record<string, number>>;
}

type Ctx = Pick<WorkspaceCtx, "workspaceId" | "tx">;

export async function readIndex(ws: Ctx): Promise<IndexState> {
  return ask(ws, sql`'{}'::json as frequencies`);
}

/** How many neighbours the vector index keeps in sight: more find better and take longer. Measured on 100,000: .983 of the ten nearest with 170, .987 with 200. */
const neighboursInSight = 190;

/**
 * The same for a search that follows in this transaction, with what is known of these lexemes. From here on the transaction's
 * statements are planned once for any values: planning an exact search takes longer than running it. A plan that is kept must not be one
 * for tables that were empty when it was made, hence no sequential scans; and neither compiling nor other processes ever pay for
 * themselves here. Planned for any values, a search by index cannot tell a big workspace from the average one: hence the ban on
 * sorting there, with which the vector index, told to look further until there are enough, is the only way left to the nearest.
 */
export async function openIndex(ws: Ctx, lexemes: readonly string[]): Promise<IndexState> {
  return ask(
    ws,
    sql`case when i.big then coalesce((select json_object_agg(lexeme, chunks) from lexeme_frequency
        where workspace_id = ${ws.workspaceId}::uuid and lexeme = any(${textArray(lexemes)})), '{}') else '{}' end as frequencies,
      set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
      set_config('max_parallel_workers_per_gather', '0', true), set_config('enable_sort', case when i.big then 'off' else 'on' end, true),
      set_config('hnsw.ef_search', '${sql.raw(String(neighboursInSight))}', true), set_config('hnsw.iterative_scan', 'relaxed_order', true)`,
  );
}

/** Narrowed to few chunks a search is planned for its own values instead: sorting those few may be better than the index. */
export const settingsForFew: SQL = sql`select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_sort', 'on', true)`;
/** What is not searched by index after all. */
export const settingsForExact: SQL = sql`select set_config('enable_sort', 'on', true)`;

async function ask({ workspaceId, tx }: Ctx, more: SQL): Promise<IndexState> {
  const [row] = await tx.executePrepared<IndexState>(sql`
    select i.embedder, i.text_share as "textShare", coalesce(i.big, false) as big, coalesce(i.chunks, 0) as chunks,
      coalesce(i.mean_length, 1) as "meanLength", ${more}
    from (select 1) one left join knowledge_index i on i.workspace_id = ${workspaceId}::uuid`);
  if (!row) throw new Error("a select of one row gave none");
  return row;
}

/**
 * The embedder that questions to this workspace must be embedded with. When this process cannot make the one in force any more,
 * it is `current`: then no vector is compared, and chunks are found by their words.
 */
export async function embedderInForce(ws: Ctx, current: Embedder, embedderOf: (id: string) => Embedder | null): Promise<Embedder> {
  const { embedder } = await readIndex(ws);
  return embedder === null || embedder === current.id ? current : (embedderOf(embedder) ?? current);
}
