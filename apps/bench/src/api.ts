/**
 * What do checking who calls and fencing the rows cost? `conversations.list` of 50 rows, signed in, beside a bare server that
 * reads the same rows and knows nobody, the same bare server with the checks and fences made by hand, and what people commonly build such an API from.
 * All are processes of their own on one database; they take turns within one run.
 *
 * @module
 */
import { type Person, signUp } from "./accounts.ts";
import { askedOnce, type Peer, startBare, startExpress } from "./api-peers.ts";
import type { Installation } from "./installation.ts";
import { type Caller, callInLoop, callProcedure, createCaller } from "./load.ts";
import { median, quantile } from "./numbers.ts";
import type { BenchResult } from "./result.ts";

const rows = 50;
/** Each a person with a workspace: no limit per workspace or address is met by any of them. */
const people = 8;
const rounds = 9;
const roundMs = 1_500;
const warmUpMs = 150;

interface Way extends Peer {
  callers: readonly Caller[];
}

interface Measured {
  perSecond: number[];
  p50: number[];
  p99: number[];
  cpuUs: number[];
}

export async function api(installation: Installation): Promise<BenchResult> {
  const { url } = installation;
  const owners = await signUp(url, people, 101);
  for (const owner of owners) await converse(url, owner);
  const listPath = `/trpc/conversations.list?input=${encodeURIComponent(JSON.stringify({ limit: rows }))}`;
  const ours = { variant: "Axon: conversations.list", url, path: listPath, cpuMs: installation.cpuMs, close: async () => {} };
  const notes: string[] = [];
  const peers: Peer[] = [];
  const ways: Way[] = [];
  try {
    peers.push(await startBare(installation, "open"), ours, await startBare(installation, "fenced"));
    for (const kind of ["prisma", "pg"] as const) {
      const express = await startExpress(installation, kind);
      if (typeof express === "string") notes.push(express);
      else peers.push(express);
    }
    peers.push({ ...ours, variant: "Axon: auth.me (no list)", path: "/trpc/auth.me" });
    for (const peer of peers) ways.push({ ...peer, callers: callersOf(peer, owners) });
    await sayTheSame(ways.filter(({ path }) => path !== "/trpc/auth.me"));
    return resultOf(ways, await takeTurns(ways), notes);
  } finally {
    for (const { callers } of ways) for (const caller of callers) caller.close();
    for (const { close } of peers) await close();
  }
}

function callersOf({ url }: Peer, owners: readonly Person[]): Caller[] {
  return owners.map(({ number, token, workspaceId }) => createCaller({ url, number, token, workspaceId }));
}

/** A peer that gives other rows, or fewer, would be measured doing something else. */
async function sayTheSame(ways: readonly Way[]): Promise<void> {
  const said = await Promise.all(ways.map(({ callers: [caller], path }) => askedOnce(caller, path)));
  const plain = said.map((items) => JSON.stringify(items, (_name, value: unknown) => sorted(value)));
  if (said[0]?.length !== rows) throw new Error(`${said[0]?.length ?? "no"} rows were listed, not ${rows}`);
  const other = ways.find((_way, at) => plain[at] !== plain[0]);
  if (other !== undefined) throw new Error(`${other.variant} gives other rows than ${ways[0]?.variant}`);
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function takeTurns(ways: readonly Way[]): Promise<(Measured & { refused: number })[]> {
  const measured = ways.map(() => ({
    perSecond: [] as number[],
    p50: [] as number[],
    p99: [] as number[],
    cpuUs: [] as number[],
    refused: 0,
  }));
  for (let round = 0; round <= rounds; round++) {
    // Whoever comes first finds another machine than whoever comes last, so the order changes with each round.
    for (let turn = 0; turn < ways.length; turn++) {
      const at = (turn + round) % ways.length;
      const [way, to] = [ways[at], measured[at]];
      if (way === undefined || to === undefined) continue;
      const before = way.cpuMs();
      const counted = await callInLoop({
        callers: way.callers,
        once: (caller) => caller.call(way.path),
        durationMs: roundMs,
        warmUpMs: round === 0 ? roundMs : warmUpMs,
      });
      if (round === 0) continue; // The first round warms up.
      to.refused += counted.refused;
      to.perSecond.push(counted.perSecond);
      to.p50.push(median(counted.times));
      to.p99.push(quantile(counted.times, 0.99));
      to.cpuUs.push(((way.cpuMs() - before) * 1000 * (roundMs / (roundMs + warmUpMs))) / counted.times.length);
    }
  }
  return measured;
}

function resultOf(ways: readonly Way[], measured: readonly (Measured & { refused: number })[], notes: string[]): BenchResult {
  const speedOf = (variant: string) => measured[ways.findIndex((way) => way.variant.startsWith(variant))]?.perSecond ?? [];
  const ratio = (one: string, other: string) => {
    const others = speedOf(other);
    return speedOf(one).map((value, round) => value / (others[round] ?? Number.NaN));
  };
  const ours = "Axon: conv";
  const spread = ratio(ours, "bare, open");
  const refused = measured.reduce((sum, { refused: no }) => sum + no, 0);
  return {
    name: "api",
    about: `a list of ${rows} conversations, by ${people} people at once; medians of ${rounds} rounds, taken in turns`,
    columns: ["calls/s", "p50 ms", "p99 ms", "server CPU µs/call"],
    rows: ways.map(({ variant }, at) => {
      const { perSecond = [], p50 = [], p99 = [], cpuUs = [] } = measured[at] ?? {};
      return { variant, values: [median(perSecond), median(p50), median(p99), median(cpuUs)] };
    }),
    ratios: [
      { what: "Axon / bare, open (no credential looked at, no row-level security)", value: median(spread), goal: "at least 0.70" },
      { what: "Axon / bare, fenced (both by hand)", value: median(ratio(ours, "bare, fenced")) },
      { what: "Axon / Express + Prisma", value: median(ratio(ours, "Express + Prisma")), goal: "at least 5" },
      { what: "Axon / Express + pg", value: median(ratio(ours, "Express + pg")) },
    ],
    notes: [
      `Axon / bare, open lay between ${quantile(spread, 0).toFixed(2)} and ${quantile(spread, 0.999).toFixed(2)} in these rounds`,
      ...notes,
      ...(refused === 0 ? [] : [`${refused} calls were refused and are not counted`]),
    ],
  };
}

/** One row more than a page has, so that all of them look whether there is another page. */
async function converse(url: string, { number, token, workspaceId }: Person): Promise<void> {
  const caller = createCaller({ url, number, token, workspaceId });
  // safe: the server's own schema gives it
  const { id: agentId } = (await callProcedure(caller, "/trpc/agents.create", { name: "Agent" })) as { id: string };
  for (let at = 0; at <= rows; at++) {
    const contact = { externalId: `customer-${at}`, name: `Customer ${at}`, email: `customer-${at}@example.com` };
    await callProcedure(caller, "/trpc/conversations.start", { agentId, text: `Where is parcel ${at}?`, as: "contact", contact });
  }
  caller.close();
}
