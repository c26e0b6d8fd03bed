/**
 * Do others notice when many sign in at once? `auth.me` on an idle server against `auth.me` while eight people sign in, over
 * and over, each as soon as they are in. Idle and storm take turns, so that a machine that slows down slows both.
 *
 * @module
 */
import { signUp } from "./accounts.ts";
import type { Installation } from "./installation.ts";
import { type Caller, callInLoop, createCaller } from "./load.ts";
import { median, quantile } from "./numbers.ts";
import type { BenchResult } from "./result.ts";

const stormers = 8;
const probes = 4;
/** A probe every few milliseconds measures how long an answer takes; without a pause it would measure how many there can be. */
const probePauseMs = 5;
const rounds = 6;
const roundMs = 4_000;
/** The first sign-ins of a storm find free hands, and the last ones of the round before are still under way. */
const warmUpMs = 600;

interface Round {
  p50: number;
  p95: number;
  signIns: number;
}

export async function loginStorm({ url }: Installation): Promise<BenchResult> {
  const people = await signUp(url, stormers + probes, 1);
  const callers = people.slice(0, probes).map(({ number, token }) => createCaller({ url, number, token }));
  const strangers = people.slice(probes).map(({ number }) => createCaller({ url, number }));
  const signIn = (caller: Caller, at: number) => {
    const { email, password } = people[probes + at] ?? { email: "", password: "" };
    return caller.call("/trpc/auth.signIn", { email, password });
  };
  let refused = 0;
  const measure = async (storm: boolean): Promise<Round> => {
    const during = { durationMs: roundMs, warmUpMs };
    const [me, signIns] = await Promise.all([
      callInLoop({ callers, once: (caller) => caller.call("/trpc/auth.me"), pauseMs: probePauseMs, ...during }),
      callInLoop({ callers: storm ? strangers : [], once: signIn, ...during }),
    ]);
    refused += me.refused + signIns.refused;
    return { p50: median(me.times), p95: quantile(me.times, 0.95), signIns: signIns.perSecond };
  };
  await measure(false); // Warms everything up; not counted.
  const idle: Round[] = [];
  const storm: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    idle.push(await measure(false));
    storm.push(await measure(true));
  }
  for (const caller of [...callers, ...strangers]) caller.close();
  return {
    name: "login-storm",
    about: `auth.me while ${stormers} people sign in in a loop, against idle; medians of ${rounds} rounds each, taken in turns`,
    columns: ["p50 ms", "p95 ms", "sign-ins/s"],
    rows: [row("idle", idle), row("storm", storm)],
    ratios: [
      { what: "p50 storm / idle", value: median(storm.map((at, round) => at.p50 / (idle[round]?.p50 ?? Number.NaN))), goal: "at most 2" },
      { what: "p95 storm / idle", value: median(storm.map((at, round) => at.p95 / (idle[round]?.p95 ?? Number.NaN))) },
    ],
    notes: refused === 0 ? [] : [`${refused} calls were refused: the storm was weaker than it should have been`],
  };
}

function row(variant: string, measured: readonly Round[]) {
  return {
    variant,
    values: [
      median(measured.map(({ p50 }) => p50)),
      median(measured.map(({ p95 }) => p95)),
      median(measured.map(({ signIns }) => signIns)),
    ],
  };
}
