/**
 * A new account, in its first workspace or in the one that it was invited to.
 *
 * @module
 */
import type { Session, signUpInput } from "@axon/contracts/auth";
import { newId } from "@axon/db/ids";
import { account } from "@axon/db/schema/accounts";
import { type Tx, withAccount } from "@axon/db/transaction";
import type { z } from "zod";
import { Refusal } from "../errors.ts";
import { violatedUnique } from "../internal/sql-errors.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { foundWorkspace } from "./found-workspace.ts";
import { openSession, readIdentity, toSession } from "./open-session.ts";
import { queueLetter } from "./queue-letter.ts";
import { secretHash } from "./secrets.ts";
import { takeInvitation } from "./take-invitation.ts";
import { counts, networkOf, openAttempt } from "./throttle.ts";

type Input = z.output<typeof signUpInput>;

/**
 * Makes the account, its workspace (named after the person when no name is given; none with an invitation, which is taken
 * instead) and a session, and asks for the letter that verifies the address: all or nothing.
 *
 * Refuses with `email_taken`, with `rate_limited` after 200 an hour from one place, and with what `takeInvitation` refuses.
 */
export async function signUp(deps: AuthDeps, input: Input, device: Device): Promise<Session> {
  await openAttempt(deps.limits).count(counts.signUps(networkOf(device.ip ?? "")));
  const passwordHash = await deps.passwords.hash(input.password);
  const accountId = newId();
  const workspaceId = newId();
  const { invitationToken } = input;
  const scope = invitationToken === undefined ? { workspaceId } : { invitationHash: secretHash(invitationToken) };
  try {
    const opened = await withAccount(deps.database, { accountId, ...scope }, async (tx) => {
      await tx.insert(account).values({ id: accountId, email: input.email, name: input.name, passwordHash });
      if (invitationToken === undefined) await found(tx, accountId, workspaceId, input, device);
      else await join(tx, accountId, invitationToken, input, device);
      const issued = await openSession(tx, deps, accountId, device);
      return { issued, identity: await readIdentity(tx, accountId) };
    });
    return await toSession(deps, opened.issued, opened.identity);
  } catch (error) {
    if (violatedUnique(error) === "account_email_unique")
      throw new Refusal("email_taken", "An account with this e-mail address exists already");
    throw error;
  }
}

async function found(tx: Tx, accountId: string, workspaceId: string, { name, workspaceName, email }: Input, device: Device): Promise<void> {
  await foundWorkspace(tx, {
    workspaceId,
    name: workspaceName ?? `${name}'s workspace`,
    owner: { accountId, name },
    creationKey: null,
  });
  await queueLetter(tx, { kind: "verify_email", email, requestId: device.requestId ?? null });
}

/** The invitation came by mail, which verifies the address: no letter is needed. */
async function join(tx: Tx, accountId: string, token: string, { name, email }: Input, { ip, requestId }: Device): Promise<void> {
  await takeInvitation(tx, { token, account: { accountId, email, name }, ip, requestId: requestId ?? null });
}
