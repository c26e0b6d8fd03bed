/**
 * The design that everybody builds first: one vector index for all tenants, default settings, the fence as a filter behind it.
 *
 * @module
 */
import type { Database } from "@axon/db/connect";
import type { Owner } from "../owned.ts";

/** Copies the vectors of all chunks into a table of their own, fenced like ours, and indexes them. */
export async function buildNaive(owner: Owner): Promise<void> {
  await owner.unsafe(`
    create table naive_chunk (workspace_id uuid not null, id uuid primary key, embedding halfvec(1536) not null);
    insert into naive_chunk select workspace_id, id, embedding from chunk;
    alter table naive_chunk enable row level security;
    create policy naive_chunk_tenant on naive_chunk to axon_app using (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);
    grant select on naive_chunk to axon_app;
    create index naive_near on naive_chunk using hnsw (embedding halfvec_cosine_ops);
    analyze naive_chunk`);
}

/** The nearest that it finds. */
export function askNaively({ app }: Pick<Database, "app">, workspaceId: string, vector: string, limit: number): Promise<string[]> {
  return app.begin(async (tx) => {
    await tx`select set_config('app.workspace_id', ${workspaceId}, true)`;
    const rows = await tx<{ id: string }[]>`select id from naive_chunk order by embedding <=> ${vector}::halfvec limit ${limit}`;
    return rows.map(({ id }) => id);
  });
}
