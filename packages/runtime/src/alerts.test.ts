/** The alert rules that are shipped speak of numbers that there are. */
import { readFileSync } from "node:fs";
import { createLocalProvider } from "@axon/ai/local/provider";
import { createLogger } from "@axon/config/logger";
import { queues } from "@axon/contracts/jobs";
import { connect } from "@axon/db/connect";
import { openJobPool, prepareBackend } from "@axon/jobs/backend";
import { openTestDatabase } from "@axon/testing/database";
import { expect, it } from "vitest";
import { watchParts } from "./watch.ts";

const rules = readFileSync(new URL("../../../docs/alerts.rules.yml", import.meta.url), "utf8");
const expressions = rules.split("- alert:").slice(1);

it("every metric, queue, state and outcome that an alert names is one that a process gives", async () => {
  const database = await openTestDatabase();
  const pools = connect(database, { poolMax: 3 });
  const schema = "alerts_jobs";
  const pool = openJobPool({ connectionString: database.url }, schema);
  const jobs = { kind: "postgres", pool, schema } as const;
  await prepareBackend(jobs);
  const watch = watchParts({
    database: pools,
    jobs,
    pingRedis: null,
    provider: { ...createLocalProvider(), breakers: () => [{ server: "first", purpose: "chat", model: "m", state: "closed" }] },
    log: createLogger({ level: "silent", name: "test" }),
  });
  try {
    for (const outcome of ["done", "failed", "dead", "parked", "given_back"])
      watch.metrics.jobEnded("replies", "reply.generate", outcome, 1);
    watch.metrics.jobBegan("replies", 5);
    const { text } = await watch.metrics.read();
    expect(expressions.length).toBeGreaterThan(5);
    for (const expression of expressions) {
      const named = expression.match(/\baxon_[a-z_]+/g) ?? [];
      expect(named, expression).not.toEqual([]);
      for (const name of named) expect(text, name).toMatch(new RegExp(`^(?:# TYPE ${name} |${name}[{ ])`, "m"));
      for (const [, label, value] of expression.matchAll(/(queue|state|outcome)=~?"([^"]+)"/g)) {
        for (const one of value?.split("|") ?? []) expect(text, `${label}=${one}`).toContain(`${label}="${one}"`);
      }
    }
    for (const queue of Object.keys(queues)) expect(text).toContain(`axon_queue_oldest_waiting_seconds{queue="${queue}"}`);
  } finally {
    await watch.close();
    await pool.query(`drop schema if exists ${schema} cascade`);
    await pool.end();
    await pools.close();
    await database.close();
  }
});
