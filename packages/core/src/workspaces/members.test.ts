import type { Role } from "@axon/contracts/permissions";
import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authenticate } from "../auth/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createApiKey, leaveWorkspace, listAudit, listMembers, removeMember, updateMemberRole } from "./index.ts";
import { openPeople, type People, type Person, refusalOf } from "./people.fixture.ts";

let scene: Scene;
let people: People;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  people = await openPeople(scene);
});

const give = (by: Person, to: { accountId: string }, role: Role) =>
  people.as(by, (ws) => updateMemberRole(ws, { memberId: to.accountId, role }));
const remove = (by: Person, whom: { accountId: string }) => people.as(by, (ws) => removeMember(ws, whom.accountId));
const leave = (who: Person) => people.as(who, leaveWorkspace);
const members = async () => (await scene.inWorkspace(people.workspaceId, (ws) => listMembers(ws, { limit: 100 }))).items;
const rolesNow = async () => Object.fromEntries((await members()).map(({ id, role }) => [id, role]));
const audit = async () => (await scene.inWorkspace(people.workspaceId, (ws) => listAudit(ws, { limit: 100 }))).items;

describe("the list of members", () => {
  it("names each once, page by page, with role and address", async () => {
    const joined = [people.owner, await people.join("admin"), await people.join("member"), await people.join("viewer")];
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await scene.inWorkspace(people.workspaceId, (ws) => listMembers(ws, { limit: 3, cursor }));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(joined.map(({ accountId }) => accountId).toSorted());
    expect((await members()).find(({ id }) => id === people.owner.accountId)).toEqual({
      id: people.owner.accountId,
      name: "owner",
      email: people.owner.email,
      role: "owner",
      joinedAt: expect.any(String),
    });
  });
});

describe("giving a member another role", () => {
  it("counts from the next call on, is written down, and once is enough", async () => {
    const bob = await people.join("viewer", "bob");
    expect(await give(people.owner, bob, "admin")).toMatchObject({ id: bob.accountId, role: "admin" });
    expect(await authenticate(scene.auth, bob.accessToken, people.workspaceId)).toMatchObject({ standing: { role: "admin" } });
    await give(people.owner, bob, "admin");
    expect(await audit()).toMatchObject([
      {
        action: "member.role_changed",
        actor: { kind: "user", id: people.owner.accountId, name: "owner" },
        target: { kind: "member", id: bob.accountId },
        before: { role: "viewer" },
        after: { role: "admin", name: "bob" },
        ip: "192.0.2.7",
        requestId: "request-1",
      },
    ]);
  });

  it("is an owner's to do where owners are concerned, and nobody raises anybody above themselves", async () => {
    const [admin, member, viewer] = [await people.join("admin"), await people.join("member"), await people.join("viewer")];
    const before = await rolesNow();
    for (const [by, to, role] of [
      [admin, people.owner, "member"],
      [admin, member, "owner"],
      [admin, admin, "owner"],
      [member, member, "admin"],
      [member, viewer, "member"],
      [viewer, viewer, "owner"],
    ] as const)
      await expect(give(by, to, role), `${by.caller.name} to ${role}`).rejects.toMatchObject({ reason: "forbidden" });
    expect(await rolesNow()).toEqual(before);
    await expect(give(admin, member, "admin")).resolves.toMatchObject({ role: "admin" });
    await expect(give(people.owner, admin, "owner")).resolves.toMatchObject({ role: "owner" });
  });

  it("is not for whoever lost the right a moment ago", async () => {
    const [admin, viewer] = [await people.join("admin"), await people.join("viewer")];
    await give(people.owner, admin, "member");
    await expect(give(admin, viewer, "member")).rejects.toMatchObject({ reason: "forbidden" });
    await remove(people.owner, admin);
    await expect(remove(admin, viewer)).rejects.toMatchObject({ reason: "forbidden" });
  });

  it("is for an admin's key only when its scopes name it, and never above its own role", async () => {
    const [member, viewer] = [await people.join("member"), await people.join("viewer")];
    const make = (scopes?: "members.manage"[]) =>
      people.as(people.owner, (ws) => createApiKey(ws, { name: "key", role: "admin", scopes }, people.owner.accountId));
    const [plain, meant] = [await make(), await make(["members.manage"])];
    const change = (key: typeof plain, to: Person, role: Role) =>
      people.asKey(key, (ws) => updateMemberRole(ws, { memberId: to.accountId, role }));
    await expect(change(plain, viewer, "member")).rejects.toMatchObject({ reason: "forbidden" });
    await expect(change(meant, member, "owner")).rejects.toMatchObject({ reason: "forbidden" });
    await expect(change(meant, people.owner, "viewer")).rejects.toMatchObject({ reason: "forbidden" });
    await expect(change(meant, viewer, "member")).resolves.toMatchObject({ role: "member" });
    await expect(people.asKey(meant, leaveWorkspace)).rejects.toMatchObject({ reason: "forbidden" });
  });
});

describe("the last owner", () => {
  it("can neither leave, nor be removed, nor step down", async () => {
    const { owner } = people;
    for (const attempt of [() => leave(owner), () => remove(owner, owner), () => give(owner, owner, "admin")])
      await expect(attempt()).rejects.toMatchObject({ reason: "last_owner" });
    expect(await rolesNow()).toEqual({ [people.owner.accountId]: "owner" });
    expect(await audit()).toEqual([]);
  });

  it("is still there after twenty owners tried to go at the same time, each in another way", async () => {
    const owners = [people.owner];
    for (let count = 1; count < 20; count++) owners.push(await people.join("owner", `owner ${count}`));
    const tries = owners.map((one, position) =>
      position % 3 === 0 ? leave(one) : position % 3 === 1 ? remove(one, one) : give(one, one, "viewer"),
    );
    const outcomes = await Promise.allSettled(tries);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.map(({ reason }) => reason)).toEqual([expect.objectContaining({ reason: "last_owner" })]);
    expect(Object.values(await rolesNow()).filter((role) => role === "owner")).toHaveLength(1);
    expect(await audit()).toHaveLength(19);
  });

  it("may go once there is another", async () => {
    const bob = await people.join("member", "bob");
    await give(people.owner, bob, "owner");
    await leave(people.owner);
    expect(await rolesNow()).toEqual({ [bob.accountId]: "owner" });
    await expect(leave(bob)).rejects.toMatchObject({ reason: "last_owner" });
  });
});

describe("a member who is removed", () => {
  it("stands nowhere from the next call on, and is told as missing the second time", async () => {
    const bob = await people.join("member", "bob");
    await remove(people.owner, bob);
    expect(await authenticate(scene.auth, bob.accessToken, people.workspaceId)).toMatchObject({ standing: null });
    expect(await refusalOf(remove(people.owner, bob))).toMatchObject({ reason: "not_found" });
    expect(await audit()).toMatchObject([{ action: "member.removed", before: { role: "member", name: "bob" }, after: null }]);
  });

  it("is never an owner to an admin, nor anybody to a member", async () => {
    const [admin, member] = [await people.join("admin"), await people.join("member")];
    await expect(remove(admin, people.owner)).rejects.toMatchObject({ reason: "forbidden" });
    await expect(remove(member, admin)).rejects.toMatchObject({ reason: "forbidden" });
    expect(await members()).toHaveLength(3);
    await leave(member);
    expect(await members()).toHaveLength(2);
  });
});

describe("a member of another workspace", () => {
  it("is told like a missing one, and stays", async () => {
    const bob = await people.newcomer("bob");
    for (const attempt of [
      (id: string) => remove(people.owner, { accountId: id }),
      (id: string) => give(people.owner, { accountId: id }, "viewer"),
    ]) {
      const [foreign, missing] = [await refusalOf(attempt(bob.accountId)), await refusalOf(attempt(newId()))];
      expect(foreign).toMatchObject({ reason: "not_found" });
      expect(foreign).toEqual(missing);
    }
    expect((await members()).map(({ id }) => id)).toEqual([people.owner.accountId]);
  });
});
