/**
 * A run: so many inputs from one seed through every door, and what came of it.
 *
 * @module
 */
import { appRouter } from "@axon/api/router";
import fc, { type Arbitrary } from "fast-check";
import type { z } from "zod";
import { type Call, callRest, callTrpc, openSocketDoor, sendRaw, type Target, type Watch } from "./doors.ts";
import { anything, inputsFor, rawRequests, socketMessages } from "./inputs.ts";

export interface FuzzOptions {
  inputs: number;
  seed: number;
  /** A fresh owner at the server: bent inputs may well sign the last one out or delete their workspace. */
  target(): Promise<Target & { ids: string[] }>;
  /** Told after each round, with the number of inputs so far. */
  onRound?(sent: number): void | Promise<void>;
}

export interface FuzzResult {
  sent: Record<string, number>;
  /** What calls were told, by reason; `ok` for those that were done. */
  told: Record<string, number>;
  faults: { door: string; sent: string; got: string }[];
}

interface Procedure {
  path: string;
  kind: "query" | "mutation" | "subscription";
  input: z.ZodType | undefined;
}

/** Calls that end the caller's own way in: tried by a stranger, because after them all others would stop at the door. */
const farewells: ReadonlySet<string> = new Set([
  "auth.signOut",
  "auth.signOutEverywhere",
  "auth.sessions.revoke",
  "workspaces.delete",
  "workspaces.members.leave",
]);

/** Inputs between two fresh owners. */
const roundInputs = 2_000;
const batchMax = 8;
const parallel = 12;
/** Kept of all faults; one is enough to fail. */
const faultsMax = 20;

// safe: tRPC keeps all procedures of nested routers in one flat record, by dotted path, whatever the type says
const flat = appRouter._def.procedures as unknown as Record<string, { _def: { type: Procedure["kind"]; inputs: z.ZodType[] } }>;
const procedures: Procedure[] = Object.entries(flat).map(([path, { _def }]) => ({ path, kind: _def.type, input: _def.inputs[0] }));

/** Sends `inputs` inputs. Never throws for what the server answers: that is in `faults`. */
export async function fuzz({ inputs, seed, target, onRound }: FuzzOptions): Promise<FuzzResult> {
  const result: FuzzResult = { sent: {}, told: {}, faults: [] };
  const watch: Watch = {
    fault: (fault) => void (result.faults.length < faultsMax && result.faults.push(fault)),
    told: (reason) => {
      result.told[reason] = (result.told[reason] ?? 0) + 1;
    },
  };
  for (let sent = 0, round = 0; sent < inputs; round++) {
    const wanted = Math.min(roundInputs, inputs - sent);
    const counts = await oneRound(await target(), wanted, seed + round, watch);
    for (const [door, count] of Object.entries(counts)) result.sent[door] = (result.sent[door] ?? 0) + count;
    sent += wanted;
    await onRound?.(sent);
  }
  return result;
}

async function oneRound(target: Target & { ids: string[] }, wanted: number, seed: number, watch: Watch): Promise<Record<string, number>> {
  const share = (part: number) => Math.floor(wanted * part);
  const [raw, rest, socket] = [share(0.1), share(0.2), share(0.35)];
  const trpc = wanted - raw - rest - socket;
  const byPath = new Map(procedures.map(({ path, input }) => [path, inputsFor(input, target.ids)]));
  const inputOf = (path: string) => byPath.get(path) ?? anything;
  const calls = sample(callsOf(inputOf), trpc, seed);
  const requests = sample(restRequests(target.ids), rest, seed + 1);
  const messages = sample(
    socketMessages(
      procedures.flatMap(({ path }) => (farewells.has(path) ? [] : [path])),
      inputOf,
    ),
    socket,
    seed + 2,
  );
  const bytes = sample(rawRequests, raw, seed + 3);
  const doors = Array.from({ length: 4 }, () => openSocketDoor(target, watch));
  try {
    await inParallel([
      ...batches(calls.filter(({ path }) => !farewells.has(path))).map((batch) => () => callTrpc(target, batch, watch)),
      ...batches(calls.filter(({ path }) => farewells.has(path))).map((batch) => () => callTrpc({ ...target, token: "" }, batch, watch)),
      ...requests.map((request) => () => callRest(target, request, watch)),
      ...messages.map((message, index) => async () => doors[index % doors.length]?.send(message)),
      ...bytes.map((one) => () => sendRaw(target, one, watch)),
    ]);
  } finally {
    for (const door of doors) door.close();
  }
  return { trpc, rest, socket, raw };
}

function sample<Value>(arbitrary: Arbitrary<Value>, numRuns: number, seed: number): Value[] {
  return numRuns === 0 ? [] : fc.sample(arbitrary, { numRuns, seed });
}

function callsOf(inputOf: (path: string) => Arbitrary<unknown>): Arbitrary<Call> {
  const callable = procedures.flatMap(({ path, kind }) => (kind === "subscription" ? [] : [{ path, kind }]));
  return fc.constantFrom(...callable).chain(({ path, kind }) => inputOf(path).map((input) => ({ path, kind, input })));
}

function batches(calls: readonly Call[]): Call[][] {
  const made: Call[][] = [];
  for (const kind of ["query", "mutation"] as const) {
    const same = calls.filter((call) => call.kind === kind);
    for (let start = 0, size = 1; start < same.length; start += size, size = (size % batchMax) + 1)
      made.push(same.slice(start, start + size));
  }
  return made;
}

function restRequests(ids: readonly string[]): Arbitrary<{ method: string; address: string; body: unknown }> {
  const word = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        "agents",
        "auth",
        "workspaces",
        "knowledge",
        "conversations",
        "channels",
        "members",
        "documents",
        "sources",
        "messages",
        "search",
        "me",
      ),
    },
    { weight: 2, arbitrary: fc.constantFrom(...ids) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }).map((text) => encodeURIComponent(Buffer.from(text).toString())) },
  );
  const query = fc.dictionary(
    fc.constantFrom("limit", "cursor", "query", "sourceIds", "order", "status", "x[]"),
    fc.string({ maxLength: 20 }),
    { maxKeys: 3 },
  );
  return fc.record({
    method: fc.constantFrom("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "HEAD"),
    address: fc
      .tuple(fc.array(word, { maxLength: 4 }), query)
      .map(([words, params]) => `/${words.join("/")}?${new URLSearchParams(params)}`),
    body: anything,
  });
}

/** All of the work, so many pieces at a time; the first failure of ours stops it. */
async function inParallel(work: (() => Promise<unknown>)[]): Promise<void> {
  const waiting = work.values();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (const piece of waiting) await piece();
    }),
  );
}
