/**
 * Alive, ready, and the numbers.
 *
 * @module
 */
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

interface Health {
  check(): Promise<void>;
  liveStats(): { topics: number; followers: number };
  open(): boolean;
}

/** Longest that readiness waits for the database and Redis. */
const checkTimeoutMs = 3_000;

export function addHealthRoutes(app: FastifyInstance, { check, liveStats, open }: Health): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "axon_live_streams",
    help: "Subscriptions that are open on this process",
    registers: [registry],
    collect() {
      this.set(liveStats().followers);
    },
  });
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const ready = open() && (await answers(check));
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not_ready" });
  });
  app.get("/metrics", async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

async function answers(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), checkTimeoutMs);
  });
  const done = check().then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
