/**
 * The simulation's time: in the database and in the code that asks for it. It moves only when it is told to.
 *
 * @module
 */
import type { Sql } from "postgres";

export interface SimClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  now(): string;
  advance(ms: number): void;
}

export function createSimClock(): SimClock {
  // About the hour it is: some rules of days look at the process's own clock.
  let atMs = Date.now();
  return {
    nowMs: () => atMs,
    now: () => new Date(atMs).toISOString(),
    advance: (ms) => {
      atMs += ms;
    },
  };
}

/**
 * Gives the database a `now()` of ours beside its own, and lets every default that means the present mean it by ours. Asked for as
 * the owner of the tables, once. Only transactions that put the schema `chaos` into their search path see it.
 */
export async function installClock(owner: Sql): Promise<void> {
  await owner.unsafe(`
    create schema chaos;
    create function chaos.now() returns timestamptz language sql stable as
      $$ select coalesce(nullif(current_setting('axon_chaos.now', true), '')::timestamptz, pg_catalog.now()) $$;
    grant usage on schema chaos to axon_app, axon_auth, axon_engine;
    do $$ declare found record; begin
      for found in
        select d.adrelid::regclass as owner, a.attname as name from pg_attrdef d
          join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
          join pg_class c on c.oid = d.adrelid
          where pg_get_expr(d.adbin, d.adrelid) = 'now()' and c.relnamespace = 'public'::regnamespace
      loop execute format('alter table %s alter column %I set default chaos.now()', found.owner, found.name); end loop;
    end $$`);
}
