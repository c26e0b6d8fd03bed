/**
 * Setting up an authenticator app, and doing without it again.
 *
 * @module
 */
import type {
  beginTotpInput,
  confirmTotpInput,
  disableTotpInput,
  RecoveryCodes,
  regenerateRecoveryCodesInput,
  TotpSetup,
} from "@axon/contracts/auth";
import { account, recoveryCode } from "@axon/db/schema/accounts";
import { type Tx, withAccount } from "@axon/db/transaction";
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { z } from "zod";
import { Refusal } from "../errors.ts";
import { auditAccount } from "./audit-account.ts";
import { confirmPassword, type SignedIn } from "./confirm-password.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { counts, guessing } from "./throttle.ts";
import { newTotp, replaceRecoveryCodes, spendSecondFactor, stepOfCode, wrongCode } from "./totp-codes.ts";

/** Gives a secret for the app. It counts for nothing until a code of it is confirmed; beginning again gives another. */
export async function beginTotp(deps: AuthDeps, caller: SignedIn, { password }: z.output<typeof beginTotpInput>): Promise<TotpSetup> {
  const { accountId } = caller;
  return guessing(deps.limits, ["invalid_credentials"], async (attempt) => {
    const { email } = await confirmPassword(deps, caller, password, attempt);
    const { sealed, secret, uri } = newTotp(deps.sealer, accountId, email);
    const begun = await withAccount(deps.database, { accountId }, (tx) =>
      tx
        .update(account)
        .set({ totpSecret: sealed })
        .where(and(eq(account.id, accountId), isNull(account.totpSince)))
        .returning({ id: account.id }),
    );
    if (begun.length === 0) throw alreadyOn();
    return { secret, uri };
  });
}

/** From now on a code is needed to sign in. Refuses with `totp_invalid`, and with `invalid_state` before it was begun or when it is on. */
export async function confirmTotp(
  deps: AuthDeps,
  { accountId, sessionId }: SignedIn,
  { code }: z.output<typeof confirmTotpInput>,
  device: Device,
): Promise<RecoveryCodes> {
  return guessing(deps.limits, ["totp_invalid"], async (attempt) => {
    await attempt.count(counts.codesInSession(accountId, sessionId));
    return withAccount(deps.database, { accountId }, async (tx) => {
      const [found] = await tx
        .select({ sealed: account.totpSecret, since: account.totpSince })
        .from(account)
        .where(eq(account.id, accountId))
        .for("no key update");
      if (found?.since) throw alreadyOn();
      if (!found?.sealed) throw new Refusal("invalid_state", "Begin by asking for a secret");
      const step = stepOfCode(deps.sealer, accountId, found.sealed, code);
      if (step === null) throw wrongCode();
      await tx.update(account).set({ totpSince: sql`now()`, totpLastStep: step }).where(eq(account.id, accountId));
      await auditAccount(tx, { accountId, action: "totp.enabled", target: { kind: "account", id: accountId } }, device);
      return { recoveryCodes: await replaceRecoveryCodes(tx, accountId) };
    });
  });
}

/** The password alone signs in again. Refuses with `invalid_credentials`, `totp_invalid`, and `invalid_state` when it is not on. */
export async function disableTotp(
  deps: AuthDeps,
  caller: SignedIn,
  input: z.output<typeof disableTotpInput>,
  device: Device,
): Promise<void> {
  const { accountId } = caller;
  const given = "code" in input ? { totpCode: input.code } : { recoveryCode: input.recoveryCode };
  await withBothFactors(deps, caller, { password: input.password, ...given }, async (tx) => {
    await tx.update(account).set({ totpSecret: null, totpSince: null, totpLastStep: null }).where(eq(account.id, accountId));
    await tx.delete(recoveryCode).where(eq(recoveryCode.accountId, accountId));
    await auditAccount(tx, { accountId, action: "totp.disabled", target: { kind: "account", id: accountId } }, device);
  });
}

/** Ten new recovery codes; the old ones are worth nothing any more. Refuses like `disableTotp`. */
export async function regenerateRecoveryCodes(
  deps: AuthDeps,
  caller: SignedIn,
  { password, code }: z.output<typeof regenerateRecoveryCodesInput>,
  device: Device,
): Promise<RecoveryCodes> {
  const { accountId } = caller;
  return withBothFactors(deps, caller, { password, totpCode: code }, async (tx) => {
    await auditAccount(tx, { accountId, action: "totp.recovery_codes_replaced", target: { kind: "account", id: accountId } }, device);
    return { recoveryCodes: await replaceRecoveryCodes(tx, accountId) };
  });
}

interface BothFactors {
  password: string;
  totpCode?: string;
  recoveryCode?: string;
}

async function withBothFactors<Result>(
  deps: AuthDeps,
  caller: SignedIn,
  given: BothFactors,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const { accountId, sessionId } = caller;
  return guessing(deps.limits, ["invalid_credentials", "totp_invalid"], async (attempt) => {
    await attempt.count(counts.codesInSession(accountId, sessionId));
    await confirmPassword(deps, caller, given.password, attempt);
    return withAccount(deps.database, { accountId }, async (tx) => {
      const [on] = await tx
        .select({ id: account.id })
        .from(account)
        .where(and(eq(account.id, accountId), isNotNull(account.totpSince)))
        .for("no key update");
      if (!on) throw new Refusal("invalid_state", "No authenticator app is set up");
      await spendSecondFactor(tx, deps, accountId, given);
      return work(tx);
    });
  });
}

function alreadyOn(): Refusal {
  return new Refusal("invalid_state", "An authenticator app is set up already; disable it first");
}
