import { createHealth } from "@axon/runtime/health";
import { createMetrics } from "@axon/runtime/metrics";
import { afterEach, describe, expect, it } from "vitest";
import { type HealthServer, startHealthServer } from "./health-server.ts";

let server: HealthServer | null = null;
afterEach(() => server?.close());

async function start(state: { redis: boolean; open: boolean }): Promise<string> {
  const health = createHealth({
    database: async () => {},
    pendingMigrations: async () => 0,
    redis: async () => {
      if (!state.redis) throw new Error("away");
    },
    onFailure: () => {},
  });
  const metrics = createMetrics();
  metrics.jobEnded("replies", "reply.generate", "done", 40);
  server = await startHealthServer({ health, metrics, host: "127.0.0.1", port: 0, open: () => state.open });
  return `http://127.0.0.1:${server.port}`;
}

describe("a worker's health page", () => {
  it("tells that it lives, what it stands on, and its numbers; nothing else is there", async () => {
    const state = { redis: true, open: true };
    const url = await start(state);
    const ready = async () => {
      const response = await fetch(`${url}/readyz?from=probe`);
      return [response.status, await response.json()];
    };
    const checks = { database: "ok", migrations: "ok", redis: "ok" };
    expect(await ready()).toEqual([200, { status: "ready", checks }]);
    state.redis = false;
    expect(await ready()).toEqual([503, { status: "not_ready", checks: { ...checks, redis: "failed" } }]);
    state.redis = true;
    state.open = false;
    expect(await ready()).toEqual([503, { status: "stopping", checks }]);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'axon_jobs_total{queue="replies",job="reply.generate",outcome="done"} 1',
    );
    expect((await fetch(`${url}/trpc/auth.me`)).status).toBe(404);
  });

  it("refuses to start on a port that is taken", async () => {
    const url = await start({ redis: true, open: true });
    const parts = { health: { check: async () => Promise.reject(new Error("unused")) }, metrics: createMetrics(), open: () => true };
    await expect(startHealthServer({ ...parts, host: "127.0.0.1", port: Number(new URL(url).port) })).rejects.toThrow("EADDRINUSE");
  });
});
