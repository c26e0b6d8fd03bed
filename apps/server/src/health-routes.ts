/**
 * Alive, ready, and the numbers.
 *
 * @module
 */
import type { Parts } from "@axon/runtime/parts";
import type { FastifyInstance } from "fastify";

interface HealthParts extends Pick<Parts, "health" | "metrics"> {
  /** True while the server takes new work. */
  open(): boolean;
}

export function addHealthRoutes(app: FastifyInstance, { health, metrics, open }: HealthParts): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const readiness = await health.check(open());
    return reply.code(readiness.status === "ready" ? 200 : 503).send(readiness);
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await metrics.read();
    return reply.type(contentType).send(text);
  });
}
