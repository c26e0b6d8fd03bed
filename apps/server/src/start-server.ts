/**
 * The front door: HTTP and WebSocket on one port. Wires; decides nothing.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Env } from "@axon/config/env";
import { createRecentCallers } from "@axon/core/auth";
import { readCallers } from "@axon/db/callers";
import { createHub } from "@axon/realtime/hub";
import { createPresence } from "@axon/realtime/presence";
import { callersTopic, type Parts } from "@axon/runtime/parts";
import { createTrustProxy } from "./client-address.ts";
import { type DoorOptions, doorDefaults } from "./door-options.ts";
import { createHttp } from "./http.ts";
import { createLiveCallers } from "./live-callers.ts";
import { createEventLog } from "./live-streams.ts";
import { createOrigins } from "./origins.ts";
import { createServices } from "./services.ts";
import { openSockets } from "./socket.ts";

/** Calls under way get this long to end; longer ones are cut, and their callers ask again. */
const drainMsMax = 3_000;
const drainLookMs = 20;

export interface RunningServer {
  /** The port in use, also when any free one was asked for. */
  port: number;
  /** Stops taking requests, ends live streams in a way that clients resume from, lets what runs end. */
  close(): Promise<void>;
}

/** Listens on `env.http`. `door` is for tests, which make some limits smaller. Rejects with the listening error (`EADDRINUSE`, …) when the port cannot be had. */
export async function startServer(
  parts: Parts,
  env: Pick<Env, "http" | "auth" | "limits">,
  door: Partial<DoorOptions> = {},
): Promise<RunningServer> {
  const options = { ...doorDefaults, ...door };
  const { bus, deltas, inWorkspace, database, log } = parts;
  const hub = createHub({
    bus,
    deltas,
    log: createEventLog(inWorkspace, database),
    onError: (error) => log.warn({ err: error }, "reading the event log failed"),
  });
  const presence = createPresence({
    store: parts.presence,
    bus,
    tell: (event) => hub.tell({ workspaceId: event.workspaceId }, event),
    onError: (error) => log.warn({ err: error }, "telling who is there failed"),
  });
  const services = await createServices(parts, env, hub, presence);
  const callers = createLiveCallers({
    read: (live) => readCallers(database, live),
    everyMs: options.callersCheckMs,
    onError: (error) => log.warn({ err: error }, "looking after live callers failed"),
  });
  const rightsChanged = bus.subscribe(callersTopic, callers.look);
  const shared = {
    context: { services, callers, recent: createRecentCallers() },
    parts,
    limits: env.limits,
    origins: createOrigins(env.http),
    trust: createTrustProxy(env.http.trustProxy),
    options,
  };
  let open = true;
  const { app, underWay } = await createHttp({ ...shared, open: () => open });
  const sockets = openSockets(app.server, shared);
  parts.metrics.gauge("axon_password_queue", "Password hashes under way and waiting", ["state"], () =>
    Object.entries(services.auth.passwords.stats()).map(([state, value]) => ({ labels: { state }, value })),
  );
  parts.metrics.gauge("axon_live_streams", "Subscriptions that are open on this process", [], () => [
    { labels: {}, value: hub.stats().followers },
  ]);
  await app.listen({ host: env.http.host, port: env.http.port });
  const address = app.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : env.http.port,
    close: async () => {
      open = false;
      rightsChanged.stop();
      callers.close();
      hub.close();
      await Promise.all([sockets.close(), untilNone(underWay, drainMsMax)]);
      await presence.close();
      await app.close();
    },
  };
}

async function untilNone(underWay: () => number, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (underWay() > 0 && Date.now() < end) await sleep(drainLookMs);
}
