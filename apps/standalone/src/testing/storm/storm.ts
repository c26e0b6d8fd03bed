/**
 * Many tabs of one browser that renew one session at the same time, round after round.
 *
 * @module
 */

import type { Session } from "@axon/contracts/auth";
import { type AuthDeps, createAccessTokens, createPasswords, signUp } from "@axon/core/auth";
import { createSealer } from "@axon/core/sealing";
import type { Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { createMemoryLimits } from "@axon/limits/memory";

export interface StormTally {
  rounds: number;
  calls: number;
  /** Calls that were refused: each is a tab that was logged out. */
  logouts: number;
  /** Rounds in which two tabs were given different tokens. */
  split: number;
}

const device = { ip: "127.0.0.1", userAgent: "storm" };

/** What the verbs need, on a real database. */
export async function stormDeps(database: Pick<Database, "auth">): Promise<AuthDeps> {
  return {
    database,
    limits: createMemoryLimits(),
    sealer: createSealer([{ id: "storm", bytes: Buffer.alloc(32, 7) }]),
    passwords: createPasswords({ cost: 4 }),
    accessTokens: await createAccessTokens({ secrets: ["a".repeat(32)], ttlSeconds: 900 }),
    refreshSecrets: ["r".repeat(32)],
    refreshTtlSeconds: 3600,
  };
}

/** A new session of a new account. */
export function newcomer(deps: AuthDeps): Promise<Session> {
  return signUp(deps, { email: `storm-${newId()}@example.com`, password: "correct horse battery", name: "Storm" }, device);
}

/** `tabs` parallel renewals of the same token by `renew`, `rounds` times; the next round takes what the one before gave. */
export async function storm(
  first: string,
  { rounds, tabs }: { rounds: number; tabs: number },
  renew: (token: string, tab: number) => Promise<{ refreshToken: string }>,
): Promise<StormTally> {
  const tally: StormTally = { rounds: 0, calls: 0, logouts: 0, split: 0 };
  let token = first;
  for (let round = 0; round < rounds; round++) {
    const redeemed = await Promise.allSettled(Array.from({ length: tabs }, (_, tab) => renew(token, tab)));
    const given = new Set(redeemed.flatMap((result) => (result.status === "fulfilled" ? result.value.refreshToken : [])));
    tally.rounds += 1;
    tally.calls += redeemed.length;
    tally.logouts += redeemed.filter(({ status }) => status === "rejected").length;
    if (given.size > 1) tally.split += 1;
    const [next] = given;
    if (next === undefined) break;
    token = next;
  }
  return tally;
}
