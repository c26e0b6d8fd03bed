/**
 * Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds) and the recovery codes that stand in for it. Each
 * works once.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { account, recoveryCode } from "@axon/db/schema/accounts";
import type { Tx } from "@axon/db/transaction";
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { Refusal } from "../errors.ts";
import type { Sealer } from "../sealing.ts";
import type { AuthDeps } from "./deps.ts";
import { secretHash } from "./secrets.ts";

const periodSeconds = 30;
const secretBytes = 20;
/** Steps by which the clock of a phone may be off, either way. */
const window = 1;
const recoveryCodeCount = 10;
/** 16 letters of 32: 80 bits, out of reach for whoever would try all of them against a stolen hash. */
const recoveryLetters = "abcdefghijkmnpqrstuvwxyz23456789";
const recoveryLength = 16;

/** A new shared secret, sealed for the account, and what its owner's app is told. */
export function newTotp(sealer: Sealer, accountId: string, email: string): { sealed: string; secret: string; uri: string } {
  const secret = new Secret({ size: secretBytes });
  const totp = new TOTP({ issuer: "Axon", label: email, secret, algorithm: "SHA1", digits: 6, period: periodSeconds });
  return { sealed: sealer.seal(secret.base32, totpContext(accountId)).sealed, secret: secret.base32, uri: totp.toString() };
}

/** The 30-second step that a code is of, one step off at most; null for a wrong one. */
export function stepOfCode(sealer: Sealer, accountId: string, sealed: string, code: string, nowMs: number = Date.now()): number | null {
  const totp = new TOTP({
    secret: Secret.fromBase32(sealer.open(sealed, totpContext(accountId))),
    algorithm: "SHA1",
    digits: 6,
    period: periodSeconds,
  });
  const delta = totp.validate({ token: code, timestamp: nowMs, window });
  return delta === null ? null : Math.floor(nowMs / 1000 / periodSeconds) + delta;
}

/** Takes one code of either kind, which is worth nothing from then on. Refuses with `totp_invalid`. */
export async function spendSecondFactor(
  tx: Tx,
  deps: Pick<AuthDeps, "sealer">,
  accountId: string,
  given: { totpCode?: string | undefined; recoveryCode?: string | undefined },
): Promise<void> {
  const taken =
    given.totpCode !== undefined
      ? await spendTotp(tx, deps, accountId, given.totpCode)
      : given.recoveryCode !== undefined && (await spendRecovery(tx, accountId, given.recoveryCode));
  if (!taken) throw wrongCode();
}

export function wrongCode(): Refusal {
  return new Refusal("totp_invalid", "This code is wrong, or was used before");
}

async function spendTotp(tx: Tx, { sealer }: Pick<AuthDeps, "sealer">, accountId: string, code: string): Promise<boolean> {
  const isOn = and(eq(account.id, accountId), isNotNull(account.totpSince));
  const [row] = await tx.select({ sealed: account.totpSecret }).from(account).where(isOn);
  const step = row?.sealed ? stepOfCode(sealer, accountId, row.sealed, code) : null;
  if (step === null) return false;
  // One statement moves the mark forward: of two who bring the same code at once, one finds it moved.
  const moved = await tx
    .update(account)
    .set({ totpLastStep: step })
    .where(and(isOn, sql`coalesce(${account.totpLastStep}, -1) < ${step}`))
    .returning({ id: account.id });
  return moved.length === 1;
}

async function spendRecovery(tx: Tx, accountId: string, code: string): Promise<boolean> {
  const spent = await tx
    .update(recoveryCode)
    .set({ usedAt: sql`now()` })
    .where(and(eq(recoveryCode.accountId, accountId), eq(recoveryCode.hash, secretHash(code)), isNull(recoveryCode.usedAt)))
    .returning({ hash: recoveryCode.hash });
  return spent.length === 1;
}

/** Ten new recovery codes in place of those there were; given as they are to be shown, once. */
export async function replaceRecoveryCodes(tx: Tx, accountId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode);
  await tx.delete(recoveryCode).where(eq(recoveryCode.accountId, accountId));
  await tx.insert(recoveryCode).values(codes.map((code) => ({ accountId, hash: secretHash(code) })));
  return codes.map((code) => code.match(/.{4}/g)?.join("-") ?? code);
}

function newRecoveryCode(): string {
  return Array.from({ length: recoveryLength }, () => recoveryLetters[randomInt(recoveryLetters.length)]).join("");
}

/** What an authenticator's secret is sealed for. A rotation needs the same words. */
export function totpContext(accountId: string): string {
  return `${accountId}:totp`;
}
