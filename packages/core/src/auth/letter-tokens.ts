/**
 * Single-use links that go out by mail: only the hash of their token is kept.
 *
 * @module
 */
import { account, emailToken } from "@axon/db/schema/accounts";
import type { Tx } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import { secretHash } from "./secrets.ts";

export type LinkPurpose = typeof emailToken.$inferSelect.purpose;

/** How long a link is good, in seconds. */
export const linkSeconds = { verify_email: 86_400, reset_password: 3_600 } as const satisfies Record<LinkPurpose, number>;

/** Makes the token good from now on; one that is there already keeps its time. */
export async function storeLetterToken(
  tx: Tx,
  { token, purpose, accountId, email }: { token: string; purpose: LinkPurpose; accountId: string; email: string },
): Promise<void> {
  const expiresAt = sql`now() + ${linkSeconds[purpose]} * interval '1 second'`;
  await tx
    .insert(emailToken)
    .values({ hash: secretHash(token), accountId, purpose, email, expiresAt })
    .onConflictDoNothing();
}

/** Good for its purpose, and its account still has the address that it went to. */
const isGood = (token: string, purpose: LinkPurpose) =>
  and(
    eq(emailToken.hash, secretHash(token)),
    eq(emailToken.purpose, purpose),
    isNull(emailToken.usedAt),
    sql`${emailToken.expiresAt} > now()`,
    sql`exists (select 1 from ${account} where ${account.id} = ${emailToken.accountId} and ${account.email} = ${emailToken.email})`,
  );

/** Whose it is, so that it is known whether to go on. Decides nothing: only taking does. Refuses with `link_invalid`. */
export async function readLetterToken(tx: Tx, token: string, purpose: LinkPurpose): Promise<{ accountId: string }> {
  const [good] = await tx.select({ accountId: emailToken.accountId }).from(emailToken).where(isGood(token, purpose));
  if (!good) throw invalidLink();
  return good;
}

/** Takes the token and gives whose it is; of many who come at once only one gets it. Refuses the others with `link_invalid`. */
export async function takeLetterToken(tx: Tx, token: string, purpose: LinkPurpose): Promise<{ accountId: string; email: string }> {
  const [taken] = await tx
    .update(emailToken)
    .set({ usedAt: sql`now()` })
    .where(isGood(token, purpose))
    .returning({ accountId: emailToken.accountId, email: emailToken.email });
  if (!taken) throw invalidLink();
  return taken;
}

/** No link that went out before resets the password any more. */
export async function dropResetTokens(tx: Tx, accountId: string): Promise<void> {
  await tx
    .update(emailToken)
    .set({ usedAt: sql`now()` })
    .where(and(eq(emailToken.accountId, accountId), eq(emailToken.purpose, "reset_password"), isNull(emailToken.usedAt)));
}

function invalidLink(): Refusal {
  return new Refusal("link_invalid", "This link is not valid any more, ask for a new one");
}
