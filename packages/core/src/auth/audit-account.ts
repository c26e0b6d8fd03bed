/**
 * What happens to an account, told in every workspace that it may enter.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import { account } from "@axon/db/schema/accounts";
import { auditEntry, membership } from "@axon/db/schema/workspaces";
import type { Tx } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import type { Device } from "./deps.ts";

interface AccountLine {
  accountId: string;
  /** `noun.verb_past`: `session.reused`. */
  action: string;
  target: { kind: "session" | "account"; id: string };
}

/** Writes the line with this commit. The transaction is scoped to the account. */
export async function auditAccount(tx: Tx, { accountId, action, target }: AccountLine, { ip, requestId }: Device): Promise<void> {
  const places = await tx
    .select({ workspaceId: membership.workspaceId, name: account.name })
    .from(membership)
    .innerJoin(account, eq(account.id, membership.accountId))
    .where(eq(membership.accountId, accountId));
  if (places.length === 0) return;
  await tx.insert(auditEntry).values(
    places.map(({ workspaceId, name }) => ({
      workspaceId,
      id: newId(),
      actorKind: "user" as const,
      actorId: accountId,
      actorName: name,
      action,
      targetKind: target.kind,
      targetId: target.id,
      ip,
      requestId: requestId ?? null,
    })),
  );
}
