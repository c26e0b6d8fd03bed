import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { me } from "../auth/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createWorkspace, getWorkspace, listWorkspaces } from "./index.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const found = async (name: string) => {
  const { accountId, workspaceId } = await scene.found(name);
  return { accountId, workspaceId, caller: { accountId, name } };
};

describe("a new workspace", () => {
  it("belongs to whoever made it, beside those they have", async () => {
    const { caller, accountId, workspaceId } = await found("ada");
    const made = await createWorkspace(scene.auth, caller, { name: "Zweiter Laden" });
    expect(made).toMatchObject({ name: "Zweiter Laden", role: "owner", slug: expect.stringMatching(/^zweiter-laden-[0-9a-f]{8}$/) });
    expect((await listWorkspaces(scene.auth, accountId, { limit: 50 })).items.map(({ id }) => id)).toEqual([workspaceId, made.id]);
    expect(await scene.inWorkspace(made.id, (ws) => getWorkspace(ws, "owner"))).toEqual(made);
    expect((await me(scene.auth, accountId)).memberships).toHaveLength(2);
  });

  it("is one for one key, also at the same time; with another name that is a conflict", async () => {
    const { caller, accountId } = await found("ada");
    const made = await Promise.all([1, 2, 3, 4].map(() => createWorkspace(scene.auth, caller, { name: "Once", idempotencyKey: "k" })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await listWorkspaces(scene.auth, accountId, { limit: 50 })).items).toHaveLength(2);
    await expect(createWorkspace(scene.auth, caller, { name: "Twice", idempotencyKey: "k" })).rejects.toMatchObject({ reason: "conflict" });
    expect((await listWorkspaces(scene.auth, accountId, { limit: 50 })).items).toHaveLength(2);
  });

  it("under a key that somebody else used is another workspace", async () => {
    const [ada, bob] = [await found("ada"), await found("bob")];
    const one = await createWorkspace(scene.auth, ada.caller, { name: "Shop", idempotencyKey: "same" });
    const two = await createWorkspace(scene.auth, bob.caller, { name: "Shop", idempotencyKey: "same" });
    expect(two.id).not.toBe(one.id);
    expect(two.slug).not.toBe(one.slug);
    expect((await listWorkspaces(scene.auth, bob.accountId, { limit: 50 })).items.map(({ id }) => id)).not.toContain(one.id);
  });

  it.each(["Łódź & Söhne", "日本の店", "---"])("may be called %s and still has a slug", async (name) => {
    const { caller } = await found("ada");
    expect(await createWorkspace(scene.auth, caller, { name })).toMatchObject({
      name,
      slug: expect.stringMatching(/^[a-z0-9-]+-[0-9a-f]{8}$/),
    });
  });
});

describe("listing workspaces", () => {
  it("gives each once, page by page, and only one's own", async () => {
    const { caller, accountId, workspaceId } = await found("ada");
    await found("bob");
    const mine = [workspaceId];
    for (const name of ["B", "C", "D"]) mine.push((await createWorkspace(scene.auth, caller, { name })).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listWorkspaces(scene.auth, accountId, { limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(mine);
  });

  it("refuses a cursor that it did not give", async () => {
    const { accountId } = await found("ada");
    await expect(listWorkspaces(scene.auth, accountId, { limit: 3, cursor: "made up" })).rejects.toMatchObject({ reason: "validation" });
  });
});
