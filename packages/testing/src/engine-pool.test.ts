import { afterEach, describe, expect, inject, it } from "vitest";
import { type PooledEngine, takeEngine } from "./engine-pool.ts";

const taken: PooledEngine[] = [];
afterEach(async () => {
  for (const { release } of taken.splice(0)) await release();
});
async function take(): Promise<PooledEngine> {
  const one = await takeEngine(inject("embeddedDumpPath") ?? "");
  taken.push(one);
  return one;
}

describe("an engine that one test file hands on to the next", () => {
  it("holds nothing of what the first left: rows, schemas, settings, statements, an open transaction", async () => {
    const { engine, release } = await take();
    await engine.exec("create schema of_mine; create table of_mine.t (id int); set application_name = 'mine'; prepare mine as select 1");
    await engine.exec("begin; insert into workspace (id, name, slug) values (gen_random_uuid(), 'Mine', 'mine')");
    await engine.exec("commit");
    await engine.exec("begin; select 1");
    await release();
    await release();
    const [next, other] = [await take(), await take()];
    expect(next.engine).toBe(engine);
    expect(other.engine).not.toBe(engine); // Handed back twice it is there once.
    const { rows } = await next.engine.query(`select (select count(*)::int from workspace) as rows, to_regnamespace('of_mine') as schema,
      current_setting('application_name') as name, (select count(*)::int from pg_prepared_statements) as statements`);
    expect(rows).toEqual([{ rows: 0, schema: null, name: expect.not.stringContaining("mine"), statements: 0 }]);
  });

  it.each([
    "alter table workspace add column mine text",
    "create table mine (id int)",
    "alter table workspace disable row level security",
    "grant select on workspace to public",
    "create role mine",
    "alter role axon_app set statement_timeout = 1",
  ])("is not handed on after %s", async (change) => {
    const { engine, release } = await take();
    await engine.exec(change);
    await release();
    expect((await take()).engine).not.toBe(engine);
  });
});
