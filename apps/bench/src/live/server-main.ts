/**
 * One server of the bench, a process of its own: `server-main VARIANT SHAPE SECRET`. It is told what to do over IPC and says what
 * it cost.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { axonVariant } from "./axon.ts";
import { rawVariant, socketIoVariant, trpcVariant } from "./peers.ts";
import { type Shape, type VariantName, variantNames } from "./variant.ts";

/** What the bench asks. */
export type Ask = { ask: "cost" } | { ask: "idle" } | { ask: "send"; rounds: number };
/** What it is told. */
export type Told = { port: number } | { readers: number; cpuMs: number; rssKb: number };

const makers = { raw: rawVariant, "socket.io": socketIoVariant, trpc: trpcVariant, axon: axonVariant };
/** Messages of their own that are sent before others have a turn. */
const messagesPerTurn = 100;

const [, , name = "", shapeName = "", secret = ""] = process.argv;
const variantName: VariantName | undefined = variantNames.find((known) => known === name);
if (variantName === undefined || process.send === undefined) throw new Error("the bench starts this");
const shape: Shape = shapeName === "room" ? "room" : "each";
const server = createServer();
const variant = makers[variantName]({ server, shape, secret: Buffer.from(secret) });

process.on("message", (message: Ask) => {
  void answer(message);
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  tell({ port: typeof address === "object" && address !== null ? address.port : 0 });
});

async function answer(message: Ask): Promise<void> {
  if (message.ask === "send") await send(message.rounds);
  if (message.ask === "idle") for (let run = 0; run < 3; run++) globalThis.gc?.();
  tell({ readers: variant.readers(), cpuMs: cpuMs(), rssKb: rssKb() });
}

async function send(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    if (shape === "room") variant.toRoom();
    else
      for (let reader = 0; reader < variant.readers(); reader++) {
        variant.toOne(reader);
        if (reader % messagesPerTurn === 0) await turn();
      }
    await turn();
  }
}

function tell(told: Told): void {
  process.send?.(told);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function rssKb(): number {
  const found = /VmRSS:\s+(\d+)/.exec(process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "");
  return found ? Number(found[1]) : process.memoryUsage().rss / 1024;
}
