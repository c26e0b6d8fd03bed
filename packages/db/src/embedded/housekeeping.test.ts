import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { expect, it } from "vitest";
import { upkeep } from "./housekeeping.ts";
import { EngineSession } from "./session.ts";
import { preparedDump } from "./testing/dump.ts";

it("the embedded engine vacuums and analyses a table that changed much, and cuts its log short", async () => {
  const engine = await PGlite.create({ loadDataDir: await preparedDump(), extensions: { vector } });
  const session = new EngineSession(engine);
  await session.query(
    "create table busy (n int, filler text); insert into busy select n, repeat('x', 900) from generate_series(1, 40000) n",
  );
  await session.query("update busy set n = n + 1");
  const logBytes = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint from pg_control_checkpoint()";
  const before = Number((await session.query(logBytes))[0]?.[0]);
  for (let round = 0; round < 20; round++) await upkeep(session); // One table a round; the migrations changed others.
  const [row] = await session.query(
    "select n_dead_tup, last_vacuum is not null, last_analyze is not null from pg_stat_user_tables where relname = 'busy'",
  );
  expect(row).toEqual(["0", "t", "t"]);
  expect(before).toBeGreaterThan(64 * 1024 * 1024);
  expect(Number((await session.query(logBytes))[0]?.[0])).toBeLessThan(64 * 1024 * 1024);
  await engine.close();
});
