/**
 * Alive, ready, and the numbers, for a worker, which has no other door. Listens only where it was given a port.
 *
 * @module
 */
import { createServer, type ServerResponse } from "node:http";
import type { Parts } from "@axon/runtime/parts";

interface HealthParts extends Pick<Parts, "health" | "metrics"> {
  host: string;
  /** 0: any free port. */
  port: number;
  /** True while the worker takes new jobs. */
  open(): boolean;
}

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** What a probe sends fits in little, and a probe that dawdles is none. */
const limits = { maxHeaderSize: 8 * 1024, requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000 };

/** Rejects with the listening error (`EADDRINUSE`, …) when the port cannot be had. */
export async function startHealthServer({ health, metrics, host, port, open }: HealthParts): Promise<HealthServer> {
  const server = createServer(limits, (request, response) => {
    answer(request.url?.split("?")[0] ?? "", response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  async function answer(path: string, response: ServerResponse): Promise<void> {
    if (path === "/healthz") return json(response, 200, { status: "ok" });
    if (path === "/readyz") {
      const readiness = await health.check(open());
      return json(response, readiness.status === "ready" ? 200 : 503, readiness);
    }
    if (path !== "/metrics") return json(response, 404, { status: "not_found" });
    const { contentType, text } = await metrics.read();
    response.writeHead(200, { "content-type": contentType }).end(text);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
