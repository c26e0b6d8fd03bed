/** Who may do what: every procedure asked by every role, as a person and as a key, against the one matrix that says it. */
import { listProcedures } from "@axon/api/procedures";
import type { AxonClient } from "@axon/client/client";
import { type Permission, permissionNames, permissions, type Role, roles } from "@axon/contracts/permissions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { letterTo, tokenIn } from "./mail.fixture.ts";
import { type Answer, type Caller, call, type Kind } from "./wire.fixture.ts";

interface Asked {
  path: string;
  kind: Kind;
  takesNothing: boolean;
  permission: Permission;
}

const all: Asked[] = listProcedures().flatMap(({ path, kind, input, access }) =>
  access.tier === "workspace" ? [{ path, kind, takesNothing: input === null, permission: access.permission }] : [],
);
/** Takes nothing and changes something: asked apart, and last. */
const leaving = "workspaces.members.leave";
const procedures = all.filter(({ path }) => path !== leaving);
/** What a key holds only when its scopes name it. */
const namedOnly: readonly Permission[] = ["members.manage", "invitations.manage", "apiKeys.manage"];
const parallelMax = 6;

let app: App;
let owner: Owner;
const people = new Map<Role, Caller & { client: AxonClient }>();

beforeAll(async () => {
  app = await openApp();
  owner = await app.found("owner");
  for (const role of roles) people.set(role, await invited(role));
}, 180_000);
afterAll(() => app.close());

/** Comes in as people do: by the letter that was sent. */
async function invited(role: Role) {
  const newcomer = await app.found(role);
  const { email } = newcomer.session.user;
  await owner.client.api.workspaces.invitations.create.mutate({ email, role });
  const letter = await letterTo(app.mailFolder, email, /invite/i);
  const joined = await newcomer.client.api.workspaces.invitations.accept.mutate({ token: tokenIn(letter) });
  expect(joined).toMatchObject({ workspace: { id: owner.workspaceId }, role });
  newcomer.client.useWorkspace(owner.workspaceId);
  return { token: newcomer.token, workspaceId: owner.workspaceId, client: newcomer.client };
}

const key = async (role: "admin" | "member" | "viewer", scopes?: Permission[]): Promise<Caller> => {
  const { secret } = await owner.client.api.workspaces.apiKeys.create.mutate({ name: `${role} key`, role, ...(scopes ? { scopes } : {}) });
  return { token: secret ?? "" };
};

/** Whether the caller gets past the permission: an input that nothing takes is looked at after it, so that nothing is done. */
async function passes({ path, kind, takesNothing }: Asked, caller: Caller): Promise<boolean> {
  const answer: Answer = await call(app.url, kind, path, takesNothing ? undefined : 7, caller);
  if (answer.code === "FORBIDDEN" && answer.reason === "forbidden") return false;
  expect(answer.code, `${path}: ${answer.text}`).toBe(takesNothing ? null : "BAD_REQUEST");
  return true;
}

/** The paths that a caller passes, of those asked. */
async function passed(asked: readonly Asked[], caller: Caller): Promise<string[]> {
  const paths: string[] = [];
  const waiting = [...asked];
  const ask = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) if (await passes(one, caller)) paths.push(one.path);
  };
  await Promise.all(Array.from({ length: parallelMax }, ask));
  return paths.toSorted();
}

const roleHas = (role: Role, permission: Permission) => (permissions[permission] as readonly Role[]).includes(role); // safe: widened to compare
const pathsWith = (may: (permission: Permission) => boolean) =>
  procedures.flatMap(({ path, permission }) => (may(permission) ? path : [])).toSorted();

describe("the permission matrix", () => {
  it("is this one", () => {
    const columns = roles.map((role) => [role, permissionNames.filter((permission) => roleHas(role, permission))]);
    const reads: Permission[] = ["workspace.read", "members.read", "channels.read", "agents.read", "knowledge.read", "conversations.read"];
    const works: Permission[] = [...reads, "agents.write", "agents.ask", "knowledge.write", "conversations.write"];
    const manages: Permission[] = [
      ...works,
      ...(["workspace.update", "members.manage", "invitations.manage", "apiKeys.manage"] as const),
      ...([
        "audit.read",
        "secrets.manage",
        "channels.manage",
        "agents.forcePublish",
        "conversations.import",
        "contacts.erase",
        "jobs.manage",
      ] as const),
    ];
    expect(columns.map(([role, held]) => [role, [...(held ?? [])].sort()])).toEqual([
      ["owner", [...manages, "workspace.delete"].sort()],
      ["admin", manages.toSorted()],
      ["member", works.toSorted()],
      ["viewer", reads.toSorted()],
    ]);
  });

  it("has a procedure for every permission, but for the one that a field of `agents.publish` asks for", () => {
    expect([...new Set(all.map(({ permission }) => permission)), "agents.forcePublish"].sort()).toEqual(permissionNames.toSorted());
  });
});

describe.each(roles)("a person who is %s", (role) => {
  it("passes exactly where the matrix says so", async () => {
    const caller = people.get(role);
    if (!caller) throw new Error("nobody has this role");
    expect(await passed(procedures, caller)).toEqual(pathsWith((permission) => roleHas(role, permission)));
  }, 60_000);
});

describe.each(["admin", "member", "viewer"] as const)("an API key that is %s", (role) => {
  it("passes where its role does, but for what lets others in", async () => {
    const expected = pathsWith((permission) => roleHas(role, permission) && !namedOnly.includes(permission));
    expect(await passed(procedures, await key(role))).toEqual(expected);
  }, 60_000);
});

describe("an API key with one scope", () => {
  // One procedure for each permission: that all with the same one are held to it is shown above.
  const samples = permissionNames.flatMap((name) => procedures.find(({ permission }) => permission === name) ?? []);

  it.each(permissionNames.filter((name) => roleHas("admin", name)))("passes for %s and nothing else", async (scope) => {
    const expected = samples.flatMap(({ path, permission }) => (permission === scope ? path : []));
    expect(await passed(samples, await key("admin", [scope]))).toEqual(expected);
  });
});

describe("publishing by force", () => {
  it("is for those who hold agents.forcePublish, whatever else they may", async () => {
    const { id: agentId } = await owner.client.api.agents.create.mutate({ name: "Ada" });
    for (const [role, allowed] of [
      ["owner", true],
      ["admin", true],
      ["member", false],
    ] as const) {
      await owner.client.api.agents.update.mutate({ agentId, systemPrompt: `Be kind to every ${role}.` });
      const caller = people.get(role) ?? { token: "" };
      const answer = await call(app.url, "mutation", "agents.publish", { agentId, force: true }, caller);
      expect(answer, role).toMatchObject(allowed ? { code: null } : { code: "FORBIDDEN", reason: "forbidden" });
    }
    const scoped = await key("admin", ["agents.write"]);
    expect(await call(app.url, "mutation", "agents.publish", { agentId, force: true }, scoped)).toMatchObject({ code: "FORBIDDEN" });
    expect(await call(app.url, "mutation", "agents.publish", { agentId }, scoped)).toMatchObject({ code: null });
  });
});

describe("leaving", () => {
  it("is not for a key, and for everybody who is a member, whose next call is refused", async () => {
    const scoped = await key("admin", ["members.read"]);
    expect(await call(app.url, "mutation", leaving, {}, scoped)).toMatchObject({ code: "FORBIDDEN" });
    for (const role of roles) {
      const { client } = people.get(role) ?? owner;
      expect(await client.api.workspaces.members.leave.mutate()).toEqual({ ok: true });
      await expect(client.api.workspaces.get.query()).rejects.toMatchObject({ data: { code: "NOT_FOUND", reason: "not_a_member" } });
    }
    await expect(owner.client.api.workspaces.members.leave.mutate()).rejects.toMatchObject({ data: { reason: "last_owner" } });
    const { items } = await owner.client.api.workspaces.audit.list.query({ action: "member.left" });
    expect(items.map(({ before }) => before?.["role"])).toEqual(roles.toReversed());
  });
});
