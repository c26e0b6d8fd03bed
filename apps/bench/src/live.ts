/**
 * What does a message cost to send, and a connection to keep? Raw frames, socket.io, tRPC's own handler and ours, with as many
 * readers as told, all in one room or each with a stream of its own. Servers and readers are processes of their own; the ways
 * take turns.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SignJWT } from "jose";
import type { Connect } from "./live/clients-main.ts";
import type { Ask, Told } from "./live/server-main.ts";
import { type Shape, type VariantName, variantNames } from "./live/variant.ts";
import { median } from "./numbers.ts";
import type { BenchResult } from "./result.ts";

const secret = "the bench's own secret, of 32 bytes or more";
const shapes: readonly Shape[] = ["each", "room"];
const passes = 3;
const roundsPerPass = 3;
/** Messages of one measured round, about. */
const messagesPerRound = 40_000;
const deliveredMsMax = 120_000;

interface Measured {
  /** CPU of the server for one message, in microseconds. */
  cpuUs: number;
  idleKib: number;
}

/** Two tables for each number of readers: one stream each, and all in one room. */
export async function live(connections: readonly number[]): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const readers of connections) for (const shape of shapes) results.push(await compare(readers, shape));
  return results;
}

async function compare(readers: number, shape: Shape): Promise<BenchResult> {
  const found = new Map<VariantName, Measured[]>(variantNames.map((name) => [name, []]));
  for (let pass = 0; pass < passes; pass++) {
    for (const name of variantNames) found.get(name)?.push(await measure(name, shape, readers));
  }
  const cpu = (name: VariantName) => median((found.get(name) ?? []).map(({ cpuUs }) => cpuUs));
  const idle = (name: VariantName) => median((found.get(name) ?? []).map(({ idleKib }) => idleKib));
  return {
    name: `live, ${readers} ${shape === "room" ? "in one room" : "with one stream each"}`,
    about: `a message of about 600 bytes to each of ${readers} readers; medians of ${passes} passes of ${roundsPerPass} rounds, taken in turns`,
    columns: ["server CPU µs/message", "KiB/idle connection"],
    rows: variantNames.map((name) => ({ variant: labels[name], values: [cpu(name), idle(name)] })),
    ratios: [
      { what: "ours / raw, CPU", value: cpu("axon") / cpu("raw"), goal: "at most 1.3" },
      { what: "tRPC's handler / ours, CPU", value: cpu("trpc") / cpu("axon"), goal: "at least 3" },
      { what: "ours, KiB per idle connection", value: idle("axon"), goal: "at most 15" },
    ],
    notes: ["ours checks a token, can be stopped, pings, resumes and waits for slow readers; raw and socket.io do none of it"],
  };
}

const labels: Record<VariantName, string> = {
  raw: "raw frames (ws)",
  "socket.io": "socket.io 4.8",
  trpc: "tRPC's own handler",
  axon: "Axon",
};

async function measure(variant: VariantName, shape: Shape, readers: number): Promise<Measured> {
  const server = start("server-main", ["--expose-gc"], [variant, shape, secret]);
  const clients = start("clients-main", [], []);
  try {
    const port = await portOf(server);
    const before = await ask(server, { ask: "idle" });
    await connectAll(clients, { port, variant, readers, token: await tokenOf() });
    let ready = await ask(server, { ask: "idle" });
    for (let tries = 0; ready.readers < readers && tries < 100; tries++) {
      await sleep(50);
      ready = await ask(server, { ask: "idle" });
    }
    if (ready.readers !== readers) throw new Error(`${variant}: ${ready.readers} of ${readers} readers`);
    const delivered = countDelivered(clients);
    const sendsPerRound = Math.max(1, Math.round(messagesPerRound / readers));
    const rounds: number[] = [];
    for (let round = 0; round <= roundsPerPass; round++) {
      const { cpuMs } = await ask(server, { ask: "cost" });
      for (let sent = 0; sent < sendsPerRound; sent++) {
        await ask(server, { ask: "send", rounds: 1 });
        await delivered((round * sendsPerRound + sent + 1) * readers);
      }
      const after = await ask(server, { ask: "cost" });
      if (round > 0) rounds.push(((after.cpuMs - cpuMs) * 1000) / (sendsPerRound * readers)); // The first round warms up.
    }
    return { cpuUs: median(rounds), idleKib: (ready.rssKb - before.rssKb) / readers };
  } finally {
    for (const child of [clients, server]) await stop(child);
  }
}

function start(name: string, flags: string[], args: string[]): ChildProcess {
  const here = fileURLToPath(import.meta.url);
  const child = fork(fileURLToPath(new URL(`live/${name}${extname(here)}`, import.meta.url)), args, {
    execArgv: [...process.execArgv, ...flags],
  });
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  child.once("exit", () => process.off("exit", orphaned));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** The next thing that the child says; throws when it ends instead. */
async function nextOf(child: ChildProcess): Promise<unknown> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    const said: unknown[] = await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(() => {
        throw new Error("a process of the bench has ended");
      }),
    ]);
    return said[0];
  } finally {
    listening.abort();
  }
}

async function portOf(server: ChildProcess): Promise<number> {
  // safe: the first thing a server says
  return ((await nextOf(server)) as Extract<Told, { port: number }>).port;
}

async function ask(server: ChildProcess, question: Ask): Promise<Extract<Told, { cpuMs: number }>> {
  const answer = nextOf(server);
  server.send(question);
  // safe: what a server answers to every question
  return (await answer) as Extract<Told, { cpuMs: number }>;
}

async function connectAll(clients: ChildProcess, options: Connect): Promise<void> {
  clients.send(options);
  for (;;) {
    const said = await nextOf(clients);
    if (typeof said === "object" && said !== null && "open" in said) return;
  }
}

/** Waits until so many messages have come in all. */
function countDelivered(clients: ChildProcess): (count: number) => Promise<void> {
  let frames = 0;
  let wake = () => {};
  clients.on("message", (said: { frames?: number }) => {
    frames = said.frames ?? frames;
    wake();
  });
  return async (count) => {
    const end = Date.now() + deliveredMsMax;
    while (frames < count) {
      if (Date.now() > end) throw new Error(`${frames} of ${count} messages came`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 1_000);
      });
    }
  };
}

async function tokenOf(): Promise<string> {
  return new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject("reader").setExpirationTime("1h").sign(Buffer.from(secret));
}
