/**
 * Where core's tests happen: a real database, and workspaces with their owners.
 *
 * @module
 */
import type { Session } from "@axon/contracts/auth";
import { connect, type Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { openTestLimits } from "@axon/testing/limits";
import { type AuthDeps, createAccessTokens, createPasswords, signUp } from "./auth/index.ts";
import { type CommitHint, createInWorkspace, type InWorkspace } from "./context.ts";
import { createSealer } from "./sealing.ts";

export interface Scene {
  database: Database;
  testDatabase: TestDatabase;
  inWorkspace: InWorkspace;
  hints: CommitHint[];
  auth: AuthDeps;
  /** A new owner in a workspace of their own. */
  found(name: string): Promise<{ session: Session; workspaceId: string; accountId: string }>;
  close(): Promise<void>;
}

const device = { ip: "127.0.0.1", userAgent: "test" };

export async function openScene(): Promise<Scene> {
  const testDatabase = await openTestDatabase();
  const database = connect(testDatabase, { poolMax: 8 });
  const hints: CommitHint[] = [];
  const limits = openTestLimits();
  const auth: AuthDeps = {
    database,
    limits,
    sealer: createSealer([{ id: "test", bytes: Buffer.alloc(32, 7) }]),
    passwords: createPasswords({ cost: 4 }),
    accessTokens: await createAccessTokens({ secrets: ["a".repeat(32)], ttlSeconds: 900 }),
    refreshSecrets: ["r".repeat(32)],
    refreshTtlSeconds: 3600,
  };
  return {
    database,
    testDatabase,
    hints,
    inWorkspace: createInWorkspace(database, (hint) => void hints.push(hint)),
    auth,
    found: async (name) => {
      const session = await signUp(auth, { email: `${name}-${newId()}@example.com`, password: "correct horse battery", name }, device);
      const workspaceId = session.memberships[0]?.workspace.id ?? "";
      return { session, workspaceId, accountId: session.user.id };
    },
    close: async () => {
      await limits.close();
      await database.close();
      await testDatabase.close();
    },
  };
}
