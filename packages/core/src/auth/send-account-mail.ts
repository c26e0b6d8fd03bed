/**
 * Sending the letters that people with an account get, and tidying up after them.
 *
 * @module
 */
import type { MailKind } from "@axon/contracts/auth";
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { account, mail } from "@axon/db/schema/accounts";
import { type Tx, withAccount } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import { enqueueForAccount } from "../internal/account-jobs.ts";
import type { AuthDeps } from "./deps.ts";
import { storeLetterToken } from "./letter-tokens.ts";
import { type Letter, passwordChangedLetter, resetLetter, verifyLetter } from "./letters.ts";
import type { Mailer } from "./mailer.ts";
import { letterToken } from "./secrets.ts";

export interface AccountMailDeps {
  database: AuthDeps["database"];
  mailer: Mailer;
}

interface Written {
  to: string;
  letter: Letter;
}

/**
 * Sends one letter to whoever has its address now; nothing when nobody does, or when it has no point any more. A letter that
 * is sent again is the same one, its link included. Refuses with `invalid_state` what the mail service will never take.
 */
export async function sendAccountMail(
  { database, mailer }: AccountMailDeps,
  { mailId }: JobPayload<"account.mail">,
  { signal }: Pick<JobRun, "signal">,
): Promise<void> {
  const written = await withAccount(database, {}, (tx) => write(tx, mailer, mailId));
  const sent = written === null ? null : await mailer.send({ id: mailId, to: written.to, ...written.letter }, signal);
  await withAccount(database, {}, async (tx) => {
    await tx
      .update(mail)
      .set({ doneAt: sql`now()` })
      .where(and(eq(mail.id, mailId), isNull(mail.doneAt)));
  });
  if (sent?.outcome === "refused") throw new Refusal("invalid_state", `A letter was not taken: ${sent.reason}`);
}

async function write(tx: Tx, mailer: Mailer, mailId: string): Promise<Written | null> {
  const [wanted] = await tx
    .select({ kind: mail.kind, email: mail.email })
    .from(mail)
    .where(and(eq(mail.id, mailId), isNull(mail.doneAt)));
  if (!wanted) return null;
  const [to] = await tx
    .select({ id: account.id, email: account.email, name: account.name, verifiedAt: account.emailVerifiedAt })
    .from(account)
    .where(eq(account.email, wanted.email));
  if (!to || (wanted.kind === "verify_email" && to.verifiedAt !== null)) return null;
  return { to: to.email, letter: await letterFor(tx, mailer, { mailId, kind: wanted.kind, to }) };
}

interface Addressed {
  mailId: string;
  kind: MailKind;
  to: { id: string; email: string; name: string };
}

async function letterFor(tx: Tx, { appUrl, letterSecrets }: Mailer, { mailId, kind, to }: Addressed): Promise<Letter> {
  if (kind === "password_changed") return passwordChangedLetter({ appUrl, name: to.name });
  const [secret] = letterSecrets;
  if (secret === undefined) throw new Error("letters need at least one secret");
  const token = letterToken(secret, kind, mailId);
  await storeLetterToken(tx, { token, purpose: kind, accountId: to.id, email: to.email });
  return kind === "verify_email" ? verifyLetter({ appUrl, name: to.name, token }) : resetLetter({ appUrl, name: to.name, token });
}

/** Calls within the same five minutes are one job: a mail service that is away is not asked again at every round. */
const bucketMs = 300_000;

/** Queues a letter again that nobody sent, whatever became of its job. */
export async function requeueMail(deps: Pick<AuthDeps, "database">, mailId: string, nowMs: number = Date.now()): Promise<void> {
  await withAccount(deps.database, {}, async (tx) => {
    const [waiting] = await tx
      .select({ id: mail.id })
      .from(mail)
      .where(and(eq(mail.id, mailId), isNull(mail.doneAt)));
    if (!waiting) return;
    const key = `account.mail:${mailId}:again-${Math.floor(nowMs / bucketMs)}`;
    await enqueueForAccount(tx, "account.mail", { mailId }, { key, requestId: null });
  });
}
