/**
 * Who took which tick of what comes round by the clock: a row for each schedule, and the database's clock for everybody.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { schedule } from "./schema/engine.ts";
import { withEngine } from "./transaction.ts";

export interface Ticks {
  take(name: string, everyMs: number, leaseMs: number): Promise<number | null>;
  renew(name: string, fence: number, leaseMs: number): Promise<boolean>;
  end(name: string, fence: number): Promise<boolean>;
  giveUp(name: string, fence: number, afterMs: number): Promise<void>;
}

/** Whole multiples of an interval since 1970 are the ticks. `now`: another clock than the database's, for tests. */
export function createTicks(database: Pick<Database, "engine">, now: () => SQL = () => sql`clock_timestamp()`): Ticks {
  const after = (ms: number) => sql`${now()} + ${ms} * interval '1 millisecond'`;
  const changed = async (statement: SQL): Promise<boolean> =>
    (await withEngine(database, (tx) => tx.execute(sql`${statement} returning 1`))).length > 0;
  return {
    async take(name, everyMs, leaseMs) {
      const tick = sql`floor(extract(epoch from ${now()}) * 1000 / ${everyMs}::float8)::bigint`;
      const rows = await withEngine(database, async (tx) => {
        // One statement, and the row's lock within it: of two that come at once the second finds it taken.
        const taken = await tx.execute<{ fence: string | number }>(sql`
          update ${schedule} set tick = ${tick}, done = false, fence = fence + 1, lease_until = ${after(leaseMs)}, ran_at = ${now()}
          where name = ${name} and ((done and tick < ${tick}) or (not done and lease_until < ${now()}))
          returning fence`);
        if (taken.length > 0) return taken;
        return tx.execute<{ fence: string | number }>(sql`
          insert into ${schedule} (name, tick, done, fence, lease_until, ran_at)
          select ${name}, ${tick}, false, 1, ${after(leaseMs)}, ${now()} where not exists (select 1 from ${schedule} where name = ${name})
          on conflict (name) do nothing returning fence`);
      });
      const [row] = rows;
      return row ? Number(row.fence) : null;
    },
    renew: (name, fence, leaseMs) =>
      changed(sql`update ${schedule} set lease_until = ${after(leaseMs)} where name = ${name} and fence = ${fence} and not done`),
    end: (name, fence) =>
      changed(sql`update ${schedule} set done = true, lease_until = null where name = ${name} and fence = ${fence} and not done`),
    giveUp: async (name, fence, afterMs) => {
      await changed(sql`update ${schedule} set lease_until = ${after(afterMs)} where name = ${name} and fence = ${fence} and not done`);
    },
  };
}
