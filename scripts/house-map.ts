/**
 * Who may import whom, in one place. Nothing points up, nothing sideways; nobody imports an app but standalone.
 *
 * @module
 */
export interface Room {
  /** Packages (and for standalone: apps) that it may use. */
  may: readonly string[];
  /** Packages of which it may name types, and nothing that runs. */
  mayType?: readonly string[];
  /** Packages whose files it may read or write where they lie, by `new URL(…)`; `.` is the top folder. */
  mayReach?: readonly string[];
}

const words = ["contracts", "config"];
const middle = ["db", "ai", "documents", "channels", "integrations", "jobs", "limits", "realtime"];
const below = [...words, ...middle, "core", "api"];

/** Every package and app. One that is not listed here is a mistake in itself. */
export const houseMap: Readonly<Record<string, Room>> = {
  contracts: { may: [] },
  config: { may: [] },
  ...Object.fromEntries(middle.map((name) => [name, { may: words }])),
  core: { may: ["contracts", "db", "ai"] },
  api: { may: ["contracts", "core"] },
  runtime: { may: [...words, ...middle, "core"] },
  client: { may: ["contracts"], mayType: ["api"] },
  testing: { may: ["contracts", "config", "db", "limits"], mayReach: ["db", "."] },
  server: { may: [...below, "runtime"] },
  worker: { may: [...below, "runtime"] },
  bench: { may: [...below, "runtime", "client"], mayReach: ["server", "standalone", "worker"] },
  eval: { may: [...below, "runtime", "client"], mayReach: ["ai"] },
  chaos: { may: [...below, "client", "testing"], mayReach: ["server", "worker"] },
  cli: { may: ["client", "contracts"] },
  dashboard: { may: ["client"], mayType: ["api"] },
  standalone: { may: [...below, "runtime", "client", "server", "worker", "cli"] },
};

/** Folders of `packages/core/src`: a domain calls only those before it and tells those after it by event. */
export const domainOrder = ["auth", "workspaces", "billing", "agents", "knowledge", "channels", "conversations", "handoff", "analytics"];

/** Lines in one file before it must be split. */
export const fileLinesMax = 500;
