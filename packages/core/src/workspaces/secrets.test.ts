import { randomBytes } from "node:crypto";
import { removeSecretInput, secretBytesMax, secretsMax, setSecretInput } from "@axon/contracts/workspaces";
import { account } from "@axon/db/schema/accounts";
import { sealedSecret } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createSealer, type Sealer } from "../sealing.ts";
import { listSecrets, openSecret, removeSecret, rotateSecrets, setSecret } from "./index.ts";
import { readEverything } from "./tenant-rows.fixture.ts";

let scene: Scene;
let sealer: Sealer;
const founded: string[] = [];
const found = async (name: string) => {
  const made = await scene.found(name);
  founded.push(made.workspaceId);
  return made;
};
const key = (id: string) => ({ id, bytes: randomBytes(32) });

beforeAll(async () => {
  scene = await openScene();
  sealer = scene.auth.sealer;
});
afterAll(() => scene.close());

const set = (workspaceId: string, name: string, value: string, by = sealer) =>
  scene.inWorkspace(workspaceId, (ws) => setSecret(ws, by, { name, value }));
const open = (workspaceId: string, name: string, by = sealer) => scene.inWorkspace(workspaceId, (ws) => openSecret(ws, by, name));
const list = (workspaceId: string, limit = 50, cursor?: string) =>
  scene.inWorkspace(workspaceId, (ws) => listSecrets(ws, { limit, cursor }));

/** Secrets `s0`, `s1` and so on, each with its number for a value. */
const plant = (workspaceId: string, count: number, by: Sealer) =>
  scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.insert(sealedSecret).values(
      Array.from({ length: count }, (_, number) => ({
        workspaceId,
        name: `s${number}`,
        ...by.seal(`${number}`, `${workspaceId}:s${number}`),
      })),
    ),
  );

describe("a secret", () => {
  it("is kept sealed, opened where it is used, and told to nobody", async () => {
    const { workspaceId } = await found("ada");
    const value = "sk-open-sesame-ünïcode";
    const told = await set(workspaceId, "shop.token", value);
    expect(told).toEqual({ name: "shop.token", keyId: sealer.currentKeyId, createdAt: expect.any(String), updatedAt: expect.any(String) });
    expect((await list(workspaceId)).items).toEqual([told]);
    expect(await open(workspaceId, "shop.token")).toBe(value);
    // No table holds it in clear, the audit log and the outbox included.
    const everything = JSON.stringify(await readEverything(scene.database, workspaceId));
    expect(everything).toContain("secret.set");
    expect(everything).not.toContain("sesame");
  });

  it("that is set again is the new one, also when ten set it at once", async () => {
    const { workspaceId } = await found("ada");
    await set(workspaceId, "shop", "first");
    await set(workspaceId, "shop", "second");
    expect(await open(workspaceId, "shop")).toBe("second");
    const values = Array.from({ length: 10 }, (_, number) => `value ${number}`);
    await Promise.all(values.map((value) => set(workspaceId, "shop", value)));
    expect(values).toContain(await open(workspaceId, "shop"));
    expect((await list(workspaceId)).items).toHaveLength(1);
  });

  it("is forgotten when it is removed; one that is not there is missing", async () => {
    const { workspaceId } = await found("ada");
    await set(workspaceId, "shop", "value");
    await scene.inWorkspace(workspaceId, (ws) => removeSecret(ws, "shop"));
    expect(await open(workspaceId, "shop")).toBeNull();
    await expect(scene.inWorkspace(workspaceId, (ws) => removeSecret(ws, "shop"))).rejects.toMatchObject({ reason: "not_found" });
  });

  it("of another workspace is neither seen, opened nor removed, not even when its row is copied", async () => {
    const [ada, bob] = [await found("ada"), await found("bob")];
    await set(ada.workspaceId, "shop", "ada's");
    expect((await list(bob.workspaceId)).items).toEqual([]);
    expect(await open(bob.workspaceId, "shop")).toBeNull();
    await expect(scene.inWorkspace(bob.workspaceId, (ws) => removeSecret(ws, "shop"))).rejects.toMatchObject({ reason: "not_found" });
    const [row] = await scene.inWorkspace(ada.workspaceId, (ws) => ws.tx.select().from(sealedSecret));
    if (!row) throw new Error("no row");
    await scene.inWorkspace(bob.workspaceId, (ws) => ws.tx.insert(sealedSecret).values({ ...row, workspaceId: bob.workspaceId }));
    await expect(open(bob.workspaceId, "shop")).rejects.toThrow();
    expect(await open(ada.workspaceId, "shop")).toBe("ada's");
  });

  it("is one of at most a hundred, also when the last places are wanted at once", async () => {
    const { workspaceId } = await found("ada");
    await plant(workspaceId, secretsMax - 2, sealer);
    const told = await Promise.allSettled(Array.from({ length: 8 }, (_, number) => set(workspaceId, `late${number}`, "x")));
    expect(told.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(told.find((one) => one.status === "rejected")).toMatchObject({
      reason: { reason: "plan_limit", details: { limit: secretsMax } },
    });
    expect(await set(workspaceId, "s2", "changed")).toMatchObject({ name: "s2" });
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(workspaceId, 40, cursor);
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(names).size).toBe(secretsMax);
  });

  it.each([
    ["a name with capitals", { name: "Shop", value: "x" }],
    ["a name of 64 characters", { name: "s".repeat(64), value: "x" }],
    ["the name of a channel's identity secret", { name: "channel.0b8f.identity", value: "x" }],
    ["no value", { name: "shop", value: "" }],
    ["a value of more bytes than may be", { name: "shop", value: "ü".repeat(secretBytesMax / 2 + 1) }],
  ])("is refused with %s", (_what, input) => {
    expect(setSecretInput.safeParse(input).success).toBe(false);
    expect(setSecretInput.safeParse({ name: "s".repeat(63), value: "ü".repeat(secretBytesMax / 2) }).success).toBe(true);
  });
});

it("of a channel is not removed by its name either", () => {
  expect(removeSecretInput.safeParse({ name: "channel.0b8f.identity" }).success).toBe(false);
  expect(removeSecretInput.safeParse({ name: "channels" }).success).toBe(true);
});

describe("a change of keys", () => {
  // It goes through all workspaces of the installation.
  beforeEach(async () => {
    for (const id of founded.splice(0)) await scene.inWorkspace(id, (ws) => ws.tx.delete(sealedSecret));
    await withAccount(scene.database, {}, (tx) => tx.update(account).set({ totpSecret: null }));
  });

  const authenticator = (accountId: string, by: Sealer) =>
    withAccount(scene.database, {}, (tx) =>
      tx
        .update(account)
        .set({ totpSecret: by.seal("JBSWY3DPEHPK3PXP", `${accountId}:totp`).sealed })
        .where(eq(account.id, accountId)),
    );
  const sealedOf = async (accountId: string) => {
    const [row] = await withAccount(scene.database, {}, (tx) =>
      tx.select({ sealed: account.totpSecret }).from(account).where(eq(account.id, accountId)),
    );
    return row?.sealed ?? "";
  };

  it("seals everything anew, so that it opens without the old key, and finds nothing to do the second time", async () => {
    const [old, fresh] = [key("old"), key("fresh")];
    const [before, both, after] = [createSealer([old]), createSealer([fresh, old]), createSealer([fresh])];
    const { workspaceId, accountId } = await found("ada");
    for (let number = 0; number < 5; number++) await set(workspaceId, `s${number}`, `value ${number}`, before);
    await authenticator(accountId, before);
    const told = (await list(workspaceId)).items.map(({ name, updatedAt }) => [name, updatedAt]);

    const { resealed } = await rotateSecrets({ database: scene.database, sealer: both });
    expect(resealed).toEqual({ secrets: 5, authenticators: 1 });
    for (let number = 0; number < 5; number++) expect(await open(workspaceId, `s${number}`, after)).toBe(`value ${number}`);
    expect(after.open(await sealedOf(accountId), `${accountId}:totp`)).toBe("JBSWY3DPEHPK3PXP");
    const items = (await list(workspaceId)).items;
    expect(items.map(({ keyId }) => keyId)).toEqual(Array.from({ length: 5 }, () => "fresh"));
    expect(items.map(({ name, updatedAt }) => [name, updatedAt])).toEqual(told);

    expect((await rotateSecrets({ database: scene.database, sealer: both })).resealed).toEqual({ secrets: 0, authenticators: 0 });
  });

  it("names what no key opens, without a word of it, and does the rest", async () => {
    const [lost, old, fresh] = [key("lost"), key("old_1"), key("new-2")];
    const { workspaceId, accountId } = await found("ada");
    const [bob, eve] = [await found("bob"), await found("eve")];
    await set(workspaceId, "gone", "sesame", createSealer([lost]));
    await set(workspaceId, "kept", "value", createSealer([old]));
    await set(bob.workspaceId, "kept", "bob's", createSealer([old]));
    await authenticator(accountId, createSealer([lost]));
    await authenticator(eve.accountId, createSealer([old]));

    const rotation = await rotateSecrets({ database: scene.database, sealer: createSealer([fresh, old]) });
    expect(rotation).toEqual({
      resealed: { secrets: 2, authenticators: 1 },
      unopened: {
        count: 2,
        named: [
          { owner: "workspace", ownerId: workspaceId, name: "gone", keyId: "lost" },
          { owner: "account", ownerId: accountId, name: "authenticator", keyId: "lost" },
        ],
      },
    });
    expect(JSON.stringify(rotation)).not.toContain("sesame");
    expect(await open(workspaceId, "kept", createSealer([fresh]))).toBe("value");
    expect(await open(bob.workspaceId, "kept", createSealer([fresh]))).toBe("bob's");
    // With the lost key found again, they are done as well.
    const again = await rotateSecrets({ database: scene.database, sealer: createSealer([fresh, lost]) });
    expect(again).toMatchObject({ resealed: { secrets: 1, authenticators: 1 }, unopened: { count: 0 } });
    expect(await open(workspaceId, "gone", createSealer([fresh]))).toBe("sesame");
  });

  it("goes through more than one page, beside those who set secrets meanwhile", async () => {
    const [old, fresh] = [key("old"), key("fresh")];
    const both = createSealer([fresh, old]);
    const parties = await Promise.all(["a", "b", "c"].map((name) => found(name)));
    for (const { workspaceId } of parties) {
      await plant(workspaceId, 80, createSealer([old]));
    }
    const busy = parties.map(({ workspaceId }) => set(workspaceId, "s7", "set meanwhile", both));
    const [{ resealed, unopened }] = await Promise.all([rotateSecrets({ database: scene.database, sealer: both }), ...busy]);
    expect(unopened.count).toBe(0);
    expect(resealed.secrets).toBeGreaterThanOrEqual(240 - parties.length);
    for (const { workspaceId } of parties) {
      expect(await open(workspaceId, "s7", createSealer([fresh]))).toBe("set meanwhile");
      expect(await open(workspaceId, "s79", createSealer([fresh]))).toBe("79");
    }
  });
});
