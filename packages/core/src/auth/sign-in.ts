/**
 * Signing in with e-mail and password.
 *
 * @module
 */
import type { Session, signInInput } from "@axon/contracts/auth";
import { passwordBytesMax } from "@axon/contracts/auth";
import { account } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import type { z } from "zod";
import { Refusal } from "../errors.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { openSession, readIdentity, toSession } from "./open-session.ts";

/** Opens a session. Refuses with `invalid_credentials`, in the same words and time whether or not the address exists. */
export async function signIn(deps: AuthDeps, input: z.output<typeof signInInput>, device: Device): Promise<Session> {
  const [found] = await withAccount(deps.database, {}, (tx) =>
    tx.select({ id: account.id, passwordHash: account.passwordHash }).from(account).where(eq(account.email, input.email)),
  );
  // bcrypt would look at the first 72 bytes only; a longer password was never accepted, so it can be nobody's.
  const possible = new TextEncoder().encode(input.password).length <= passwordBytesMax;
  const right = await deps.passwords.verify(possible ? input.password : "", possible ? (found?.passwordHash ?? null) : null);
  if (!found || !right) throw new Refusal("invalid_credentials", "E-mail address or password is wrong");
  const opened = await withAccount(deps.database, { accountId: found.id }, async (tx) => ({
    issued: await openSession(tx, deps, found.id, device),
    identity: await readIdentity(tx, found.id),
  }));
  return toSession(deps, opened.issued, opened.identity);
}
