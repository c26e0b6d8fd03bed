/**
 * What do checking who calls and fencing the rows cost? `agents.list` of 50 rows against a bare server that runs the same join
 * on the same rows, and calls nobody by name. The ways take turns within one run.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Person, signUp } from "./accounts.ts";
import { cpuMsOf, freePort, type Installation } from "./installation.ts";
import { type Caller, callInLoop, callProcedure, createCaller } from "./load.ts";
import { median } from "./numbers.ts";
import type { BenchResult } from "./result.ts";

const rows = 50;
/** Each a person with a workspace: no limit per workspace or address is met by any of them. */
const people = 8;
const rounds = 7;
const roundMs = 2_000;
const warmUpMs = 200;

interface Way {
  variant: string;
  callers: readonly Caller[];
  path: string;
  cpuMs(): number;
}

export async function authedList(installation: Installation): Promise<BenchResult> {
  const { url } = installation;
  const owners = await signUp(url, people, 101);
  for (const owner of owners) await makeAgents(url, owner);
  const bare = await startBare(installation);
  const callersAt = (at: string, named: boolean) =>
    owners.map(({ number, token, workspaceId }) => createCaller({ url: at, number, workspaceId, ...(named ? { token } : {}) }));
  const listPath = `/trpc/agents.list?input=${encodeURIComponent(JSON.stringify({ limit: rows }))}`;
  const ways: Way[] = [
    { variant: "bare node:http + postgres.js", callers: callersAt(bare.url, false), path: "/", cpuMs: bare.cpuMs },
    { variant: "agents.list", callers: callersAt(url, true), path: listPath, cpuMs: installation.cpuMs },
    { variant: "auth.me", callers: callersAt(url, true), path: "/trpc/auth.me", cpuMs: installation.cpuMs },
    { variant: "healthz (no database)", callers: callersAt(url, false), path: "/healthz", cpuMs: installation.cpuMs },
  ];
  try {
    return await compare(ways);
  } finally {
    for (const { callers } of ways) for (const caller of callers) caller.close();
    await bare.close();
  }
}

async function compare(ways: readonly Way[]): Promise<BenchResult> {
  const measured = ways.map(() => ({ perSecond: [] as number[], p50: [] as number[], cpuUs: [] as number[] }));
  let refused = 0;
  for (let round = 0; round <= rounds; round++) {
    for (const [at, { callers, path, cpuMs }] of ways.entries()) {
      const before = cpuMs();
      const counted = await callInLoop({
        callers,
        once: (caller) => caller.call(path),
        durationMs: roundMs,
        warmUpMs: round === 0 ? roundMs : warmUpMs,
      });
      if (round === 0) continue; // The first round warms up.
      refused += counted.refused;
      measured[at]?.perSecond.push(counted.perSecond);
      measured[at]?.p50.push(median(counted.times));
      measured[at]?.cpuUs.push(((cpuMs() - before) * 1000 * (roundMs / (roundMs + warmUpMs))) / counted.times.length);
    }
  }
  const speed = (at: number) => measured[at]?.perSecond ?? [];
  const ratio = (at: number) => median(speed(at).map((value, round) => value / (speed(0)[round] ?? Number.NaN)));
  return {
    name: "authed-list",
    about: `a list of ${rows} rows, signed in and fenced, against the same join on a bare server; medians of ${rounds} rounds, taken in turns`,
    columns: ["calls/s", "p50 ms", "server CPU µs/call"],
    rows: ways.map(({ variant }, at) => ({
      variant,
      values: [median(speed(at)), median(measured[at]?.p50 ?? []), median(measured[at]?.cpuUs ?? [])],
    })),
    ratios: [{ what: "agents.list / bare", value: ratio(1), goal: "at least 0.70" }],
    notes: refused === 0 ? [] : [`${refused} calls were refused and are not counted`],
  };
}

async function makeAgents(url: string, { number, token, workspaceId }: Person): Promise<void> {
  const caller = createCaller({ url, number, token, workspaceId });
  for (let at = 0; at < rows; at++) await callProcedure(caller, "/trpc/agents.create", { name: `Agent ${at}` });
  caller.close();
}

async function startBare({ database }: Installation): Promise<{ url: string; cpuMs(): number; close(): Promise<void> }> {
  const port = await freePort();
  const where = [
    "--url",
    database.url,
    "--port",
    String(port),
    ...(database.socketPath === undefined ? [] : ["--socket", database.socketPath]),
  ];
  const child = spawn(process.execPath, [fileURLToPath(new URL("bare-main.js", import.meta.url)), ...where], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  const ended = once(child, "close");
  await Promise.race([
    once(child.stdout, "data"),
    ended.then(() => {
      throw new Error("the bare server did not start");
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    cpuMs: () => cpuMsOf(child.pid),
    close: async () => {
      child.kill("SIGKILL");
      await ended;
      process.off("exit", orphaned);
    },
  };
}
