import { createMemoryLimits } from "@axon/limits/memory";
import fastify, { type FastifyInstance, type InjectOptions } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { createTrustProxy } from "./client-address.ts";
import { addDoor } from "./door.ts";
import { doorDefaults } from "./door-options.ts";
import { createOrigins, openToAnyOrigin } from "./origins.ts";

let app: FastifyInstance;
afterEach(() => app.close());

async function setUp(networks: string[] = [], requestsPerMinute = 60): Promise<void> {
  app = fastify({ trustProxy: createTrustProxy({ hops: 0, networks }) });
  await addDoor(app, {
    origins: createOrigins({ allowedOrigins: ["https://app.example"], baseUrl: "https://api.example" }),
    limits: createMemoryLimits(),
    requestsPerMinute,
    options: doorDefaults,
  });
  app.route({ method: ["GET", "POST", "DELETE"], url: "/*", handler: () => ({ ok: true }) });
}

const ask = (options: InjectOptions) => app.inject({ url: "/", ...options });
/** Statuses of so many requests, one after the other. */
async function statuses(count: number, options: (request: number) => InjectOptions): Promise<number[]> {
  const all: number[] = [];
  for (let request = 0; request < count; request++) all.push((await ask(options(request))).statusCode);
  return all;
}
const through = (all: number[]) => all.filter((status) => status === 200).length;

describe("requests of one address", () => {
  it("are so many and no more, whatever address they claim to come from", async () => {
    await setUp();
    const forged = await statuses(30, (request) => ({
      remoteAddress: "203.0.113.9",
      headers: { "x-forwarded-for": `198.51.100.${request}`, "x-real-ip": `198.51.100.${request}`, forwarded: `for=198.51.100.${request}` },
    }));
    expect(through(forged)).toBe(10); // Sixty a minute, in windows of ten seconds.
    const refused = await ask({ remoteAddress: "203.0.113.9", url: "/trpc/auth.me" });
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.json().error.data).toMatchObject({
      reason: "rate_limited",
      code: "TOO_MANY_REQUESTS",
      path: "auth.me",
      requestId: refused.headers["x-request-id"],
    });
    expect(refused.headers["x-content-type-options"]).toBe("nosniff");
    expect((await ask({ remoteAddress: "203.0.113.10" })).statusCode).toBe(200);
  });

  it("are counted for whoever is behind a proxy that is trusted", async () => {
    await setUp(["10.0.0.0/8"]);
    const behind = (address: string) => statuses(15, () => ({ remoteAddress: "10.0.0.1", headers: { "x-forwarded-for": address } }));
    expect(through(await behind("203.0.113.9"))).toBe(10);
    expect(through(await behind("203.0.113.10"))).toBe(10);
    expect(through(await behind("1.1.1.1, 203.0.113.10"))).toBe(0);
  });

  it("in IPv6 are those of its whole network", async () => {
    await setUp();
    expect(through(await statuses(30, (request) => ({ remoteAddress: `2001:db8:1:2::${request + 1}` })))).toBe(10);
  });

  it("include preflights", async () => {
    await setUp();
    const headers = { origin: "https://app.example", "access-control-request-method": "POST" };
    const all = await statuses(15, () => ({ method: "OPTIONS", headers }));
    expect(all.filter((status) => status === 429)).toHaveLength(5);
  });
});

describe("pages", () => {
  it("on the list may read what they ask for with their own origin, others may not", async () => {
    await setUp();
    const ours = await ask({ method: "POST", headers: { origin: "https://app.example" } });
    expect(ours.headers["access-control-allow-origin"]).toBe("https://app.example");
    expect(ours.headers["access-control-allow-credentials"]).toBe("true");
    const theirs = await ask({ headers: { origin: "https://evil.example" } });
    expect(theirs.headers["access-control-allow-origin"]).toBeUndefined();
    expect((await ask({ method: "DELETE", headers: { origin: "https://evil.example" } })).statusCode).toBe(403);
  });

  it("anywhere may use the widget's calls, without credentials of the browser's, and nothing beside them", async () => {
    await setUp();
    const headers = { origin: "https://shop.example" };
    for (const url of ["/trpc/widget.send", "/v1/widget/messages"]) {
      const answer = await ask({ method: "POST", url, headers });
      expect([answer.statusCode, answer.headers["access-control-allow-origin"]]).toEqual([200, "*"]);
      expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    }
    for (const url of [
      "/trpc/agents.create,widget.send",
      "/trpc/widgets.create",
      "/v1/widgets",
      "/trpc/agents.create?x=/trpc/widget.send",
    ]) {
      expect((await ask({ method: "POST", url, headers })).statusCode, url).toBe(403);
    }
  });

  it("cannot put other calls into a batch of the widget's", () => {
    expect(openToAnyOrigin("/trpc/widget.send,widget.start")).toBe(true);
    expect(openToAnyOrigin("/trpc/widget.send,agents.create")).toBe(false);
    expect(openToAnyOrigin("/trpc/widget.send%2Cagents.create")).toBe(false);
    expect(openToAnyOrigin("/v1/widget/../agents")).toBe(false);
  });
});
