/**
 * The front door: HTTP and WebSocket on one port. Wires; decides nothing.
 *
 * @module
 */
import type { Env } from "@axon/config/env";
import { createHub } from "@axon/realtime/hub";
import type { Parts } from "@axon/runtime/parts";
import { createHttp } from "./http.ts";
import { createEventLog } from "./live-streams.ts";
import { createServices } from "./services.ts";
import { openSockets } from "./socket.ts";

export interface RunningServer {
  /** The port in use, also when any free one was asked for. */
  port: number;
  /** Stops taking requests, ends live streams in a way that clients resume from, lets what runs end. */
  close(): Promise<void>;
}

/** Listens on `env.http`. Rejects with the listening error (`EADDRINUSE`, …) when the port cannot be had. */
export async function startServer(parts: Parts, env: Pick<Env, "http" | "auth">): Promise<RunningServer> {
  const { bus, deltas, inWorkspace, database, log } = parts;
  const hub = createHub({
    bus,
    deltas,
    log: createEventLog(inWorkspace, database),
    onError: (error) => log.warn({ err: error }, "reading the event log failed"),
  });
  const services = await createServices(parts, env.auth, hub);
  let open = true;
  const app = await createHttp({ services, parts, http: env.http, liveStats: hub.stats, open: () => open });
  const sockets = openSockets(app.server, services, env.http.allowedOrigins, log);
  await app.listen({ host: env.http.host, port: env.http.port });
  const address = app.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : env.http.port,
    close: async () => {
      open = false;
      hub.close();
      await sockets.close();
      await app.close();
    },
  };
}
