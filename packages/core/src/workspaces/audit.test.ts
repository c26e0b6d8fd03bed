import type { listAuditInput } from "@axon/contracts/workspaces";
import { openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { auditEntry } from "@axon/db/schema/workspaces";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { Caller } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { listAudit } from "./index.ts";
import { openPeople, type People } from "./people.fixture.ts";

let scene: Scene;
let people: People;
const [agentId, robot] = [newId(), newId()];
const script: Caller = { kind: "apiKey", id: robot, name: "script", ip: "198.51.100.4", requestId: "request-9" };

beforeAll(async () => {
  scene = await openScene();
  people = await openPeople(scene);
  const write = (caller: Caller, action: string, id: string) =>
    scene.inWorkspace(people.workspaceId, async (ws) => ws.audit({ action, target: { kind: action.split(".")[0] ?? "", id } }), caller);
  await write(people.owner.caller, "agent.created", agentId);
  await write(script, "agent.updated", agentId);
  await write(script, "api_key.created", newId());
  await write(people.owner.caller, "apiXkey.created", newId());
  await write(people.owner.caller, "member.removed", newId());
});
afterAll(() => scene.close());

const list = (input: Partial<z.output<typeof listAuditInput>> = {}, workspaceId = people.workspaceId) =>
  scene.inWorkspace(workspaceId, (ws) => listAudit(ws, { limit: 50, ...input }));
const actions = async (input: Parameters<typeof list>[0] = {}) => (await list(input)).items.map(({ action }) => action);
const newestFirst = ["member.removed", "apiXkey.created", "api_key.created", "agent.updated", "agent.created"];

describe("the audit log", () => {
  it("tells who did what to what, from where and in which request", async () => {
    expect((await list({ action: "agent.updated" })).items).toEqual([
      {
        id: expect.any(String),
        at: expect.any(String),
        actor: { kind: "apiKey", id: robot, name: "script" },
        action: "agent.updated",
        target: { kind: "agent", id: agentId },
        before: null,
        after: null,
        ip: "198.51.100.4",
        requestId: "request-9",
      },
    ]);
  });

  it("is read newest first, each line once, page by page", async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ limit: 2, cursor });
      seen.push(...page.items.map(({ action }) => action));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(newestFirst);
    await expect(list({ cursor: "made up" })).rejects.toMatchObject({ reason: "validation" });
  });

  it("is narrowed to an action's beginning, an actor, a target and a time", async () => {
    expect(await actions({ action: "agent" })).toEqual(["agent.updated", "agent.created"]);
    expect(await actions({ action: "api_" })).toEqual(["api_key.created"]);
    expect(await actions({ actorId: robot })).toEqual(["api_key.created", "agent.updated"]);
    expect(await actions({ targetId: agentId, actorId: people.owner.accountId })).toEqual(["agent.created"]);
    const [middle] = (await list({ action: "api_key" })).items;
    const rest = [...(await actions({ to: middle?.at })), ...(await actions({ from: middle?.at }))];
    expect(rest.toSorted()).toEqual(newestFirst.toSorted());
    expect(await actions({ from: new Date(Date.now() + 3_600_000).toISOString() })).toEqual([]);
  });

  it("shows another workspace nothing of it, whatever it asks for", async () => {
    const other = await scene.found("other");
    for (const input of [{}, { actorId: robot }, { targetId: agentId }]) expect((await list(input, other.workspaceId)).items).toEqual([]);
  });

  it("can be changed or shortened by nobody who serves calls: the database refuses", async () => {
    const attempts = [
      () => scene.inWorkspace(people.workspaceId, ({ tx }) => tx.update(auditEntry).set({ action: "nothing.happened" })),
      () => scene.inWorkspace(people.workspaceId, ({ tx }) => tx.delete(auditEntry).where(eq(auditEntry.targetId, agentId))),
      () => scene.inWorkspace(people.workspaceId, ({ tx }) => tx.execute(sql`truncate audit_entry`)),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ cause: { code: "42501" } });
    const owner = openPool(scene.testDatabase, null, 1);
    const granted = await owner`
      select distinct grantee, privilege_type from information_schema.table_privileges
      where table_name = 'audit_entry' and grantee like 'axon%' and privilege_type not in ('SELECT', 'INSERT')`;
    await owner.end();
    expect(granted).toHaveLength(0);
    expect(await actions()).toEqual(newestFirst);
  });

  it("holds the line of a commit that failed no more than the commit itself", async () => {
    const failing = scene.inWorkspace(people.workspaceId, async (ws) => {
      ws.audit({ action: "agent.deleted" });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await actions()).toEqual(newestFirst);
  });
});
