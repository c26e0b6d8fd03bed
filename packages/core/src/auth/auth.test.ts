import { newId } from "@axon/db/ids";
import { refreshToken, session as sessionTable } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { eq, sql } from "drizzle-orm";
import { decodeJwt, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createApiKey, revokeApiKey } from "../workspaces/index.ts";
import { authenticate, graceSeconds, me, refresh, secretHash, signIn, signOut, signOutEverywhere, signUp } from "./index.ts";

const device = { ip: null, userAgent: null };
const password = "correct horse battery";
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const newEmail = () => `p-${newId()}@example.com`;

describe("signing up", () => {
  it("gives a session, and a workspace that the newcomer owns", async () => {
    const email = newEmail();
    const session = await signUp(scene.auth, { email, password, name: "Ada", workspaceName: "Ada's shop" }, device);
    expect(session.user).toMatchObject({ email, name: "Ada" });
    expect(session.memberships).toEqual([
      { workspace: { id: expect.any(String), name: "Ada's shop", slug: expect.stringMatching(/^ada-s-shop-/) }, role: "owner" },
    ]);
    expect(await me(scene.auth, session.user.id)).toEqual({ user: session.user, memberships: session.memberships });
  });

  it("refuses an address that is taken and leaves nothing half-made", async () => {
    const email = newEmail();
    await signUp(scene.auth, { email, password, name: "First" }, device);
    await expect(signUp(scene.auth, { email, password, name: "Second", workspaceName: "Half made" }, device)).rejects.toMatchObject({
      reason: "email_taken",
    });
    const signedIn = await signIn(scene.auth, { email, password }, device);
    expect(signedIn.user.name).toBe("First");
    expect(signedIn.memberships).toHaveLength(1);
  });
});

describe("signing in", () => {
  it("refuses a wrong password and an unknown address in the same words", async () => {
    const email = newEmail();
    await signUp(scene.auth, { email, password, name: "Ada" }, device);
    const wrong = await signIn(scene.auth, { email, password: "wrong" }, device).catch((error: unknown) => error);
    const unknown = await signIn(scene.auth, { email: newEmail(), password }, device).catch((error: unknown) => error);
    expect(wrong).toMatchObject({ reason: "invalid_credentials" });
    expect(unknown).toEqual(wrong);
  });

  it("does not take a password whose first 72 bytes are right", async () => {
    const email = newEmail();
    const long = "x".repeat(72);
    await signUp(scene.auth, { email, password: long, name: "Ada" }, device);
    await expect(signIn(scene.auth, { email, password: `${long}y` }, device)).rejects.toMatchObject({ reason: "invalid_credentials" });
    await expect(signIn(scene.auth, { email, password: long }, device)).resolves.toBeDefined();
  });
});

describe("refreshing", () => {
  const issued = () => signUp(scene.auth, { email: newEmail(), password, name: "Ada" }, device);
  const ageSpent = (token: string) =>
    withAccount(scene.database, {}, async (tx) => {
      await tx
        .update(refreshToken)
        .set({ spentAt: sql`now() - ${graceSeconds + 1} * interval '1 second'` })
        .where(eq(refreshToken.hash, secretHash(token)));
    });

  it("rotates the token and keeps the session", async () => {
    const first = await issued();
    const second = await refresh(scene.auth, first.refreshToken, device);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(decodeJwt(second.accessToken)["sid"]).toBe(decodeJwt(first.accessToken)["sid"]);
    await expect(refresh(scene.auth, second.refreshToken, device)).resolves.toMatchObject({ user: first.user });
  });

  it("gives fifty redeemers at once the same successor", async () => {
    const first = await issued();
    const all = await Promise.all(Array.from({ length: 50 }, () => refresh(scene.auth, first.refreshToken, device)));
    expect(new Set(all.map((session) => session.refreshToken)).size).toBe(1);
    const live = await withAccount(scene.database, {}, (tx) =>
      tx
        .select({ hash: refreshToken.hash })
        .from(refreshToken)
        .innerJoin(sessionTable, eq(sessionTable.id, refreshToken.sessionId))
        .where(sql`${sessionTable.accountId} = ${first.user.id} and ${refreshToken.spentAt} is null`),
    );
    expect(live).toHaveLength(1);
  });

  it("ends the family of a token that comes back after the grace window, and no other device", async () => {
    const email = newEmail();
    const phone = await signUp(scene.auth, { email, password, name: "Ada" }, device);
    const laptop = await signIn(scene.auth, { email, password }, device);
    const rotated = await refresh(scene.auth, phone.refreshToken, device);
    await ageSpent(phone.refreshToken);
    await expect(refresh(scene.auth, phone.refreshToken, device)).rejects.toMatchObject({ reason: "refresh_reused" });
    await expect(refresh(scene.auth, rotated.refreshToken, device)).rejects.toMatchObject({ reason: "refresh_invalid" });
    await expect(authenticate(scene.auth, rotated.accessToken, null)).rejects.toMatchObject({ reason: "unauthorized" });
    await expect(refresh(scene.auth, laptop.refreshToken, device)).resolves.toBeDefined();
  });

  it("refuses a token that was never given", async () => {
    await expect(refresh(scene.auth, "axr_made_up", device)).rejects.toMatchObject({ reason: "refresh_invalid" });
  });
});

describe("knowing who calls", () => {
  it("knows the role in one's own workspace, and of another's only that it is not one's own", async () => {
    const [ada, bob] = [await scene.found("ada"), await scene.found("bob")];
    expect(await authenticate(scene.auth, ada.session.accessToken, ada.workspaceId)).toMatchObject({
      kind: "user",
      standing: { role: "owner" },
    });
    expect(await authenticate(scene.auth, ada.session.accessToken, bob.workspaceId)).toMatchObject({ standing: null });
    expect(await authenticate(scene.auth, ada.session.accessToken, newId())).toMatchObject({ standing: null });
  });

  it("stops at once for a session that has signed out", async () => {
    const { session, accountId } = await scene.found("ada");
    const principal = await authenticate(scene.auth, session.accessToken, null);
    if (principal.kind !== "user") throw new Error("not a user");
    await signOut(scene.auth, principal);
    await signOut(scene.auth, principal);
    await expect(authenticate(scene.auth, session.accessToken, null)).rejects.toMatchObject({ reason: "unauthorized" });
    const again = await signIn(scene.auth, { email: session.user.email, password }, device);
    await signOutEverywhere(scene.auth, { accountId });
    await expect(refresh(scene.auth, again.refreshToken, device)).rejects.toMatchObject({ reason: "refresh_invalid" });
  });

  it.each([
    ["unsigned", async (claims: Record<string, unknown>) => `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`],
    ["signed with another key", (claims: Record<string, unknown>) => signed(claims, "b".repeat(32))],
    [
      "signed with the right key under another key id",
      (claims: Record<string, unknown>) => signed(claims, "a".repeat(32), { kid: "other" }),
    ],
    ["made for another audience", (claims: Record<string, unknown>) => signed({ ...claims, aud: "other" }, "a".repeat(32))],
  ])("refuses a token that is %s", async (_what, forge) => {
    const { session } = await scene.found("ada");
    const forged = await forge({ ...decodeJwt(session.accessToken) });
    await expect(authenticate(scene.auth, forged, null)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("lets an API key act in its own workspace until it is revoked", async () => {
    const { workspaceId, accountId } = await scene.found("ada");
    const other = await scene.found("bob");
    const key = await scene.inWorkspace(workspaceId, (ws) => createApiKey(ws, { name: "ci", role: "member" }, accountId));
    expect(await authenticate(scene.auth, key.secret ?? "", null)).toMatchObject({
      kind: "apiKey",
      standing: { workspaceId, role: "member" },
    });
    await expect(authenticate(scene.auth, key.secret ?? "", other.workspaceId)).rejects.toMatchObject({ reason: "not_a_member" });
    await expect(scene.inWorkspace(other.workspaceId, (ws) => revokeApiKey(ws, key.id))).rejects.toMatchObject({ reason: "not_found" });
    await scene.inWorkspace(workspaceId, (ws) => revokeApiKey(ws, key.id));
    await expect(authenticate(scene.auth, key.secret ?? "", null)).rejects.toMatchObject({ reason: "unauthorized" });
  });
});

async function signed(claims: Record<string, unknown>, secret: string, header: { kid?: string } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", ...header }).sign(new TextEncoder().encode(secret));
}
