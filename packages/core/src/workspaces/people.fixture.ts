/** People in a workspace, and the calls that they make, for the tests of who may do what to whom. */
import type { Role } from "@axon/contracts/permissions";
import { openPool } from "@axon/db/connect";
import { membership } from "@axon/db/schema/workspaces";
import { withWorkspace } from "@axon/db/transaction";
import type { Caller, WorkspaceCtx } from "../context.ts";
import type { Scene } from "../scene.fixture.ts";

export interface Person {
  accountId: string;
  email: string;
  accessToken: string;
  caller: Caller;
}

export type Verb<Result> = (ws: WorkspaceCtx) => Promise<Result>;

export async function openPeople(scene: Scene) {
  const owner = await scene.found("owner");
  const { workspaceId } = owner;
  const personOf = ({ session, accountId }: typeof owner): Person => ({
    accountId,
    email: session.user.email,
    accessToken: session.accessToken,
    caller: { kind: "user", id: accountId, name: session.user.name, ip: "192.0.2.7", requestId: "request-1" },
  });
  return {
    workspaceId,
    owner: personOf(owner),
    /** Somebody with an account of their own, and no place here. */
    newcomer: async (name = "newcomer") => personOf(await scene.found(name)),
    join: async (role: Role, name: string = role) => {
      const person = personOf(await scene.found(name));
      const { accountId, email } = person;
      await withWorkspace(scene.database, workspaceId, (tx) => tx.insert(membership).values({ workspaceId, accountId, role, name, email }));
      return person;
    },
    as: <Result>({ caller }: Pick<Person, "caller">, verb: Verb<Result>) => scene.inWorkspace(workspaceId, verb, caller),
    asKey: <Result>(key: { id: string; name: string }, verb: Verb<Result>) =>
      scene.inWorkspace(workspaceId, verb, { kind: "apiKey", id: key.id, name: key.name, ip: null, requestId: null }),
  };
}

export type People = Awaited<ReturnType<typeof openPeople>>;

/** Every row of every table, as text, as the owner of the database reads it. */
export async function wholeDatabase({ testDatabase }: Scene): Promise<string> {
  const owner = openPool(testDatabase, null, 1);
  try {
    const tables = await owner<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public'`;
    const rows: string[] = [];
    for (const { name } of tables) {
      const found = await owner<{ row: string }[]>`select to_jsonb(t)::text as row from ${owner(name)} t`;
      rows.push(...found.map(({ row }) => row));
    }
    return rows.join("\n");
  } finally {
    await owner.end();
  }
}

/** What a call was refused with; throws when it was not. */
export async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  const told = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (told === null) throw new Error("it was not refused");
  return told;
}
