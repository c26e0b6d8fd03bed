/**
 * Founding a workspace: the row, and its first owner.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { account } from "@axon/db/schema/accounts";
import { membership, workspace } from "@axon/db/schema/workspaces";
import type { Tx } from "@axon/db/transaction";
import { eq, sql } from "drizzle-orm";

interface Founding {
  workspaceId: string;
  name: string;
  owner: { accountId: string; name: string };
  creationKey: string | null;
}

/** Writes both rows. The transaction is scoped to the founder's account and the new workspace's id. */
export async function foundWorkspace(tx: Tx, { workspaceId, name, owner, creationKey }: Founding): Promise<void> {
  await tx.insert(workspace).values({ id: workspaceId, name, slug: slugOf(name), creationKey });
  const email = sql`(select ${account.email} from ${account} where ${eq(account.id, owner.accountId)})`;
  await tx.insert(membership).values({ workspaceId, accountId: owner.accountId, role: "owner", name: owner.name, email });
}

/** The name in a URL's letters, with a random tail: slugs are unique, names need not be, and a clash would tell of another's. */
function slugOf(name: string): string {
  const letters = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${letters || "workspace"}-${randomBytes(4).toString("hex")}`;
}
