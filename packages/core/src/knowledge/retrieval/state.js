import { sql } from "drizzle-orm";
import { textArray } from "./parts.js";
export async function readIndex(ws) {
  return ask(ws, sql`'{}'::json as frequencies`);
}
/**
 * The same for a search that follows in this transaction, with what is known of these lexemes. From here on the transaction's
 * statements are planned once for any values: planning an exact search takes longer than running it. A plan that is kept must
 * not be one for tables that were empty when it was made, hence no sequential scans; and compiling never pays for itself here.
 */
export async function openIndex(ws, lexemes) {
  return ask(
    ws,
    sql`case when i.big then coalesce((select json_object_agg(lexeme, chunks) from lexeme_frequency
        where workspace_id = ${ws.workspaceId}::uuid and lexeme = any(${textArray(lexemes)})), '{}') else '{}' end as frequencies,
      set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`,
  );
}
async function ask({ workspaceId, tx }, more) {
  const [row] = await tx.executePrepared(sql`
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
export async function embedderInForce(ws, current, embedderOf) {
  const { embedder } = await readIndex(ws);
  return embedder === null || embedder === current.id ? current : (embedderOf(embedder) ?? current);
}
//# sourceMappingURL=state.js.map
