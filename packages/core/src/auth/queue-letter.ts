/**
 * Asking for a letter: written down with the commit that wants it, sent by a job.
 *
 * @module
 */
import type { MailKind } from "@axon/contracts/auth";
import { newId } from "@axon/db/ids";
import { mail } from "@axon/db/schema/accounts";
import type { Tx } from "@axon/db/transaction";
import { enqueueForAccount } from "../internal/account-jobs.ts";

/** Whether `email` is anybody's is found out when the letter is sent: here both are the same work. */
export async function queueLetter(
  tx: Tx,
  { kind, email, requestId }: { kind: MailKind; email: string; requestId: string | null },
): Promise<void> {
  const mailId = newId();
  await tx.insert(mail).values({ id: mailId, kind, email });
  await enqueueForAccount(tx, "account.mail", { mailId }, { key: `account.mail:${mailId}`, requestId });
}
