/**
 * Signing in with e-mail and password, and with a code where the account asks for one.
 *
 * @module
 */
import type { Session, signInInput } from "@axon/contracts/auth";
import { passwordBytesMax } from "@axon/contracts/auth";
import { account, session as sessionTable } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { and, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { Refusal } from "../errors.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { openSession, readIdentity, toSession } from "./open-session.ts";
import { type Attempt, type Count, counts, countWrong, guessing, networkOf, refuseWhenFull } from "./throttle.ts";
import { spendSecondFactor } from "./totp-codes.ts";

type Input = z.output<typeof signInInput>;

/** A place is known to an account for this many days after a session was used there. */
const knownPlaceDays = 30;
const knownPlacesMax = 200;
/** How often a sign-in begins anew because the password was changed under its hands. */
const roundsMax = 3;

/**
 * Opens a session. Refuses with `invalid_credentials`, in the same words and time whether or not the address exists; with
 * `totp_required` when the password was right and a code is missing, `totp_invalid` when it is wrong; with `rate_limited`
 * after too many of either, right or not.
 */
export async function signIn(deps: AuthDeps, input: Input, device: Device): Promise<Session> {
  const place = networkOf(device.ip ?? "");
  const here = counts.guessesAtOnePlace(input.email, place);
  await refuseWhenFull(deps.limits, here);
  const opened = await guessing(deps.limits, ["invalid_credentials", "totp_required", "totp_invalid"], async (attempt) => {
    await attempt.count(counts.guessesFromOnePlace(place));
    const known = await placesOf(deps, input.email);
    const strange = !known.has(place);
    if (strange) await attempt.count(counts.guessesFromStrangePlaces(input.email));
    for (let round = 0; round < roundsMax; round++) {
      const session = await trySignIn(deps, input, device, { attempt, here, place, strange });
      if (session) return session;
    }
    throw new Refusal("busy", "This password is being changed right now, try again");
  });
  // What went wrong before is forgotten for whoever is at home here.
  await deps.limits.forget(here.limit, here.key);
  return opened;
}

/** Where the account has been used lately; nowhere for an address that is nobody's. */
async function placesOf(deps: AuthDeps, email: string): Promise<Set<string>> {
  const rows = await withAccount(deps.database, {}, (tx) =>
    tx
      .selectDistinct({ ip: sessionTable.ip })
      .from(sessionTable)
      .innerJoin(account, eq(account.id, sessionTable.accountId))
      .where(and(eq(account.email, email), sql`${sessionTable.lastUsedAt} > now() - ${knownPlaceDays} * interval '1 day'`))
      .limit(knownPlacesMax),
  );
  return new Set(rows.map(({ ip }) => networkOf(ip ?? "")));
}

interface Guess {
  attempt: Attempt;
  /** The wrong guesses of this account at this place. */
  here: Count;
  place: string;
  strange: boolean;
}

/** Null when the password was changed while it was looked at. */
async function trySignIn(deps: AuthDeps, input: Input, device: Device, { attempt, here, place, strange }: Guess): Promise<Session | null> {
  const [found] = await withAccount(deps.database, {}, (tx) =>
    tx
      .select({ id: account.id, passwordHash: account.passwordHash, totpSince: account.totpSince })
      .from(account)
      .where(eq(account.email, input.email)),
  );
  // bcrypt would look at the first 72 bytes only; a longer password was never accepted, so it can be nobody's.
  const possible = new TextEncoder().encode(input.password).length <= passwordBytesMax;
  const right = await deps.passwords.verify(possible ? input.password : "", possible ? (found?.passwordHash ?? null) : null);
  if (!found || !right) {
    await countWrong(deps.limits, here);
    throw new Refusal("invalid_credentials", "E-mail address or password is wrong");
  }
  await refuseWhenFull(deps.limits, here);
  const { id: accountId, passwordHash, totpSince } = found;
  if (totpSince !== null) {
    if (input.totpCode === undefined && input.recoveryCode === undefined)
      throw new Refusal("totp_required", "Enter the code of your authenticator app");
    await attempt.count(counts.codesAtOnePlace(accountId, place));
    if (strange) await attempt.count(counts.codesFromStrangePlaces(accountId));
  }
  const upgraded = deps.passwords.needsUpgrade(passwordHash) ? await rehash(deps, input.password) : null;
  const opened = await withAccount(deps.database, { accountId }, async (tx) => {
    // Locked until the session is there: a password that is changed at the same time ends this session as well.
    const [current] = await tx
      .select({ totpSince: account.totpSince })
      .from(account)
      .where(and(eq(account.id, accountId), eq(account.passwordHash, passwordHash)))
      .for("no key update");
    if (!current || (current.totpSince !== null && totpSince === null)) return null;
    if (current.totpSince !== null) await spendSecondFactor(tx, deps, accountId, input);
    if (upgraded !== null) await tx.update(account).set({ passwordHash: upgraded }).where(eq(account.id, accountId));
    return { issued: await openSession(tx, deps, accountId, device), identity: await readIdentity(tx, accountId) };
  });
  return opened && toSession(deps, opened.issued, opened.identity);
}

/** At today's cost; null when there is no time for it now, for it can be done at any other sign-in. */
async function rehash(deps: AuthDeps, password: string): Promise<string | null> {
  try {
    return await deps.passwords.hash(password);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
