/**
 * Everything that a workspace holds, table by table, as one fingerprint each: cheap enough to be taken around every call.
 *
 * @module
 */
import type { openPool } from "@axon/db/connect";

/** By table. `owner` sees past the fences, so nothing that was written by mistake is missed. What a look itself leaves behind is left out. */
export async function contentsOf(owner: ReturnType<typeof openPool>, workspaceId: string): Promise<Record<string, string>> {
  const tables = await owner<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'outbox' order by 1`;
  // Names come from the catalog of the test's own database. When a key was last used is written down by using it.
  const each = tables.map(
    ({ name }) => `select '${name}' as name, md5(coalesce(string_agg(line, ' ' order by line), '')) as print
      from (select (to_jsonb(t) - 'last_used_at')::text as line from "${name}" t where workspace_id = $1) lines`,
  );
  const rows = await owner.unsafe<{ name: string; print: string }[]>(each.join(" union all "), [workspaceId]);
  return Object.fromEntries(rows.map(({ name, print }) => [name, print]));
}
