import { newId } from "@axon/db/ids";
import { account, session as sessions } from "@axon/db/schema/accounts";
import { agent } from "@axon/db/schema/agents";
import { membership, workspace } from "@axon/db/schema/workspaces";
import { withAccount, withWorkspace } from "@axon/db/transaction";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Caller, WorkspaceCtx } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createApiKey, revokeApiKey } from "../workspaces/index.ts";
import { authenticate, createReadAs, createRecentCallers, type KnownCaller, type ReadAs } from "./index.ts";

let scene: Scene;
let readAs: ReadAs;
let owner: { accountId: string; workspaceId: string; token: string };
let known: KnownCaller;

const caller: Caller = { kind: "user", id: null, name: "Ada", ip: null, requestId: null };
const agents = (ws: WorkspaceCtx) => ws.tx.select({ workspaceId: agent.workspaceId }).from(agent);

beforeAll(async () => {
  scene = await openScene();
  readAs = createReadAs(scene.database);
});
afterAll(() => scene.close());

async function letIn(token: string, workspaceId: string | null): Promise<KnownCaller> {
  const recent = createRecentCallers();
  recent.note(token, workspaceId, await authenticate(scene.auth, token, workspaceId), null);
  const found = recent.find(token, workspaceId);
  if (found === null) throw new Error("nobody was noted");
  return found;
}

beforeEach(async () => {
  const { session, workspaceId, accountId } = await scene.found("owner");
  await withWorkspace(scene.database, workspaceId, (tx) => tx.insert(agent).values({ workspaceId, id: newId(), name: "A", version: 1 }));
  owner = { accountId, workspaceId, token: session.accessToken };
  known = await letIn(owner.token, workspaceId);
});

const asOwner = (change: (tx: Parameters<Parameters<typeof withAccount>[2]>[0]) => Promise<unknown>) =>
  withAccount(scene.database, { accountId: owner.accountId, workspaceId: owner.workspaceId }, change);

describe("a caller who was here lately", () => {
  it("reads their workspace, and nothing else", async () => {
    expect(await readAs(known, agents, caller)).toEqual({ given: [{ workspaceId: owner.workspaceId }] });
    const writing = async (ws: WorkspaceCtx) => ws.audit({ action: "agent.seen" });
    await expect(readAs(known, writing, caller)).rejects.toThrow("read only");
  });

  it("is not let in once the session has ended or has run out", async () => {
    const { principal } = known;
    const sessionId = principal.kind === "user" ? principal.sessionId : "";
    await asOwner((tx) => tx.update(sessions).set({ expiresAt: sql`now()` }).where(eq(sessions.id, sessionId)));
    expect(await readAs(known, agents, caller)).toBeNull();
    await asOwner((tx) =>
      tx.update(sessions).set({ expiresAt: sql`now() + interval '1 day'`, revokedAt: sql`now()` }).where(eq(sessions.id, sessionId)),
    );
    expect(await readAs(known, agents, caller)).toBeNull();
  });

  it("is not let in once their place is gone, or is another than it was", async () => {
    const place = eq(membership.accountId, owner.accountId);
    await scene.inWorkspace(owner.workspaceId, (ws) => ws.tx.update(membership).set({ role: "viewer" }).where(place));
    expect(await readAs(known, agents, caller)).toBeNull();
    await scene.inWorkspace(owner.workspaceId, (ws) => ws.tx.update(membership).set({ role: "owner" }).where(place));
    expect(await readAs(known, agents, caller)).not.toBeNull();
    await scene.inWorkspace(owner.workspaceId, (ws) => ws.tx.delete(membership).where(place));
    expect(await readAs(known, agents, caller)).toBeNull();
  });

  it("is not let in under a name that they don't have any more, nor into a workspace that is deleted", async () => {
    await asOwner((tx) => tx.update(account).set({ name: "Another" }).where(eq(account.id, owner.accountId)));
    expect(await readAs(known, agents, caller)).toBeNull();
    known = await letIn(owner.token, owner.workspaceId);
    await asOwner((tx) => tx.update(workspace).set({ deletedAt: sql`now()` }).where(eq(workspace.id, owner.workspaceId)));
    expect(await readAs(known, agents, caller)).toBeNull();
  });

  it("gets nothing of another's workspace, whatever was remembered of them", async () => {
    const other = await scene.found("other");
    const forged = {
      ...known,
      principal: { ...known.principal, standing: { ...known.principal.standing, workspaceId: other.workspaceId } },
    };
    expect(await readAs(forged, agents, caller)).toBeNull();
    const theirs = await letIn(other.session.accessToken, other.workspaceId);
    expect(await readAs({ ...theirs, principal: known.principal }, agents, caller)).toBeNull();
  });
});

describe("a key that was used lately", () => {
  it("reads its workspace until it is revoked", async () => {
    const key = await scene.inWorkspace(owner.workspaceId, (ws) =>
      createApiKey(ws, { name: "k", role: "viewer", scopes: ["agents.read"] }, null),
    );
    const secret = key.secret ?? "";
    await authenticate(scene.auth, secret, null);
    const used = await letIn(secret, null);
    expect(used.principal).toMatchObject({ kind: "apiKey", standing: { role: "viewer", scopes: ["agents.read"] } });
    expect(await readAs(used, agents, caller)).toEqual({ given: [{ workspaceId: owner.workspaceId }] });
    await scene.inWorkspace(owner.workspaceId, (ws) => revokeApiKey(ws, key.id));
    expect(await readAs(used, agents, caller)).toBeNull();
  });
});

describe("what is remembered of callers", () => {
  it("ends with their token, is found by nobody else, and has a bound", async () => {
    const recent = createRecentCallers({ callersMax: 2 });
    const { principal } = known;
    recent.note("a", null, principal, Date.now() - 1);
    expect(recent.find("a", null)).toBeNull();
    recent.note("b", owner.workspaceId, principal, null);
    expect(recent.find("b", null)).toBeNull();
    expect(recent.find("b", newId())).toBeNull();
    expect(recent.find("b", owner.workspaceId)).toMatchObject({ principal });
    recent.note("c", null, principal, null);
    expect([recent.find("b", owner.workspaceId), recent.find("c", null)].map((each) => each !== null)).toEqual([true, true]);
    recent.note("d", null, principal, null);
    expect(recent.find("b", owner.workspaceId)).toBeNull();
    recent.forget("c", null);
    expect(recent.find("c", null)).toBeNull();
    recent.note("e", null, { ...principal, kind: "user", accountId: newId(), sessionId: newId(), standing: null }, null);
    expect(recent.find("e", null)).toBeNull();
  });
});
