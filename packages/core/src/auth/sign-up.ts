/**
 * A new account with its first workspace.
 *
 * @module
 */
import type { Session, signUpInput } from "@axon/contracts/auth";
import { newId } from "@axon/db/ids";
import { account } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import type { z } from "zod";
import { Refusal } from "../errors.ts";
import { violatedUnique } from "../internal/sql-errors.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { foundWorkspace } from "./found-workspace.ts";
import { openSession, readIdentity, toSession } from "./open-session.ts";

/**
 * Makes the account, its workspace (named after the person when no name is given) and a session, all or nothing.
 * Refuses with `email_taken`.
 */
export async function signUp(deps: AuthDeps, input: z.output<typeof signUpInput>, device: Device): Promise<Session> {
  const passwordHash = await deps.passwords.hash(input.password);
  const accountId = newId();
  const workspaceId = newId();
  try {
    const opened = await withAccount(deps.database, { accountId, workspaceId }, async (tx) => {
      await tx.insert(account).values({ id: accountId, email: input.email, name: input.name, passwordHash });
      await foundWorkspace(tx, {
        workspaceId,
        name: input.workspaceName ?? `${input.name}'s workspace`,
        owner: { accountId, name: input.name },
        creationKey: null,
      });
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
