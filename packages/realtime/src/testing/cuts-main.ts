/**
 * `npm run live:cuts -- [--cuts 1000] [--seed N]`: sockets cut at random while replies are streamed by two servers. Ends with 1 when a
 * reader missed an event, got one twice, or out of order.
 */
import { parseArgs } from "node:util";
import { cutSockets } from "./socket-cuts.ts";

const { values } = parseArgs({ options: { cuts: { type: "string", default: "1000" }, seed: { type: "string" } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const beganAt = performance.now();
const told = await cutSockets(Number(values.cuts), seed);
process.stdout.write(`${JSON.stringify({ seed, ...told, seconds: Math.round((performance.now() - beganAt) / 100) / 10 })}\n`);
process.exitCode = told.faults.length === 0 ? 0 : 1;
