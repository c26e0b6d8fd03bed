import { createHash } from "node:crypto";
import { newId } from "@axon/db/ids";
import { session as sessionTable } from "@axon/db/schema/accounts";
import { auditEntry, invitation, membership } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createApiKey } from "../workspaces/index.ts";
import { deviceName } from "./device-name.ts";
import {
  authenticate,
  graceSeconds,
  listSessions,
  me,
  refresh,
  resendVerification,
  revokeDeviceSession,
  secretHash,
  signIn,
  signUp,
  tidyAccounts,
  updateProfile,
  verifyEmail,
} from "./index.ts";
import { type Mailbox, openMailbox } from "./mailbox.fixture.ts";

const device = { ip: "192.0.2.1", userAgent: "test", requestId: "req-1" };
const password = "correct horse battery";
let scene: Scene;
let mailbox: Mailbox;

beforeAll(async () => {
  scene = await openScene();
  mailbox = openMailbox(scene);
});
afterAll(() => scene.close());

const newEmail = () => `p-${newId()}@example.com`;
const callerOf = async (token: string) => {
  const principal = await authenticate(scene.auth, token, null);
  if (principal.kind !== "user") throw new Error("not a user");
  return principal;
};
async function newcomer() {
  const email = newEmail();
  const session = await signUp(scene.auth, { email, password, name: "Ada" }, device);
  return { email, session, caller: await callerOf(session.accessToken), workspaceId: session.memberships[0]?.workspace.id ?? "" };
}

describe("verifying an address", () => {
  it("counts from the click on the link on, which works once", async () => {
    const { email, session, caller } = await newcomer();
    expect(session.user).toMatchObject({ emailVerified: false, totpEnabled: false });
    const token = await mailbox.tokenFor(email, "/verify-email");
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => verifyEmail(scene.auth, { token })));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await me(scene.auth, caller.accountId)).user.emailVerified).toBe(true);
    await expect(verifyEmail(scene.auth, { token })).rejects.toMatchObject({ reason: "link_invalid" });
    await expect(verifyEmail(scene.auth, { token: "axv_unknown" })).rejects.toMatchObject({ reason: "link_invalid" });
  });

  it("sends the letter again on request, three times an hour, and not to a verified address", async () => {
    const { email, caller } = await newcomer();
    for (let request = 0; request < 3; request++) await resendVerification(scene.auth, caller, device);
    await expect(resendVerification(scene.auth, caller, device)).rejects.toMatchObject({ reason: "rate_limited" });
    const letters = await mailbox.lettersTo(email);
    expect(letters).toHaveLength(4);
    await verifyEmail(scene.auth, { token: await mailbox.tokenFor(email, "/verify-email") });
    await resendVerification(scene.auth, caller, device);
    expect(await mailbox.lettersTo(email)).toHaveLength(4);
  });

  it("keeps no token, only its hash", async () => {
    const { email } = await newcomer();
    const token = await mailbox.tokenFor(email, "/verify-email");
    const rows = await scene.database.auth`select * from email_token where email = ${email}`;
    expect(rows).toHaveLength(1);
    expect(rows[0]?.["hash"]).toBe(createHash("sha256").update(token).digest("hex"));
    expect(JSON.stringify([rows, await scene.database.auth`select * from mail where email = ${email}`])).not.toContain(token);
  });
});

describe("signing up with an invitation", () => {
  async function invited(email: string, role: "member" | "viewer" = "member") {
    const host = await newcomer();
    const token = `axi_${newId()}`;
    const id = newId();
    await scene.inWorkspace(host.workspaceId, async (ws) => {
      await ws.tx.insert(invitation).values({
        workspaceId: host.workspaceId,
        id,
        email,
        role,
        tokenHash: secretHash(token),
        invitedByName: "Ada",
        expiresAt: sql`now() + interval '7 days'`,
      });
    });
    return { ...host, token, id };
  }

  it("joins the workspace that sent it instead of founding one, with a verified address", async () => {
    const email = newEmail();
    const { token, workspaceId, id } = await invited(email, "viewer");
    const session = await signUp(scene.auth, { email, password, name: "Bob", invitationToken: token }, device);
    expect(session.memberships).toEqual([{ workspace: expect.objectContaining({ id: workspaceId }), role: "viewer" }]);
    expect(session.user.emailVerified).toBe(true);
    expect(await mailbox.lettersTo(email)).toEqual([]);
    const lines = await scene.inWorkspace(workspaceId, (ws) => ws.tx.select().from(auditEntry).where(eq(auditEntry.targetId, id)));
    expect(lines).toEqual([
      expect.objectContaining({ action: "invitation.accepted", actorName: "Bob", ip: device.ip, requestId: "req-1" }),
    ]);
  });

  it("refuses one that is another's, revoked, expired or unknown, and makes no account", async () => {
    const email = newEmail();
    const host = await invited(newEmail());
    const [revoked, expired] = [await invited(email), await invited(email)];
    await scene.inWorkspace(revoked.workspaceId, (ws) => ws.tx.update(invitation).set({ revokedAt: sql`now()` }));
    await scene.inWorkspace(expired.workspaceId, (ws) => ws.tx.update(invitation).set({ expiresAt: sql`now()` }));
    const join = (invitationToken: string) => signUp(scene.auth, { email, password, name: "Bob", invitationToken }, device);
    await expect(join(host.token)).rejects.toMatchObject({ reason: "invitation_mismatch" });
    for (const token of [revoked.token, expired.token, "axi_unknown"])
      await expect(join(token)).rejects.toMatchObject({ reason: "invitation_invalid" });
    await expect(signIn(scene.auth, { email, password }, device)).rejects.toMatchObject({ reason: "invalid_credentials" });
  });
});

describe("the devices somebody is signed in on", () => {
  it("are listed newest first, page by page, and end one by one", async () => {
    const { email, caller } = await newcomer();
    const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
    const other = await signIn(scene.auth, { email, password }, { ip: "198.51.100.7", userAgent: firefox });
    const first = await listSessions(scene.auth, caller, { limit: 1 });
    const second = await listSessions(scene.auth, caller, { limit: 1, cursor: first.nextCursor ?? "" });
    expect(first.items).toEqual([expect.objectContaining({ device: "Firefox on Windows", ip: "198.51.100.7", current: false })]);
    expect(second).toEqual({ items: [expect.objectContaining({ id: caller.sessionId, current: true })], nextCursor: null });

    const sessionId = first.items[0]?.id ?? "";
    await revokeDeviceSession(scene.auth, caller, sessionId);
    await revokeDeviceSession(scene.auth, caller, sessionId);
    await expect(authenticate(scene.auth, other.accessToken, null)).rejects.toMatchObject({ reason: "unauthorized" });
    await expect(refresh(scene.auth, other.refreshToken, device)).rejects.toMatchObject({ reason: "refresh_invalid" });
    expect((await listSessions(scene.auth, caller, { limit: 50 })).items).toHaveLength(1);
  });

  it("are nobody else's business", async () => {
    const [ada, bob] = [await newcomer(), await newcomer()];
    const mine = ada.caller.sessionId;
    const foreign = await revokeDeviceSession(scene.auth, bob.caller, mine).catch((error: unknown) => error);
    expect(foreign).toMatchObject({ reason: "not_found" });
    expect(await revokeDeviceSession(scene.auth, bob.caller, newId()).catch((error: unknown) => error)).toEqual(foreign);
    expect((await listSessions(scene.auth, bob.caller, { limit: 50 })).items.map(({ id }) => id)).toEqual([bob.caller.sessionId]);
    await expect(authenticate(scene.auth, ada.session.accessToken, null)).resolves.toBeDefined();
  });

  it.each([
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
      "Safari on macOS",
    ],
    ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"],
    [
      "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
      "Edge on Windows",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140 Mobile Safari/604.1",
      "Chrome on iPhone",
    ],
    ["curl/8.5.0", "curl"],
    ["something else", "Unknown device"],
    [null, "Unknown device"],
  ])("%s is called %s", (userAgent, name) => expect(deviceName(userAgent)).toBe(name));
});

describe("a profile", () => {
  it("changes its owner's name in every workspace at once, and nobody else's", async () => {
    const [ada, bob] = [await newcomer(), await newcomer()];
    const changed = await updateProfile(scene.auth, ada.caller, { name: "Ada Lovelace" });
    expect(changed.user.name).toBe("Ada Lovelace");
    const namesIn = (workspaceId: string) =>
      scene.inWorkspace(workspaceId, (ws) => ws.tx.select({ name: membership.name }).from(membership));
    expect(await namesIn(ada.workspaceId)).toEqual([{ name: "Ada Lovelace" }]);
    expect(await namesIn(bob.workspaceId)).toEqual([{ name: "Ada" }]);
    expect((await callerOf(ada.session.accessToken)).name).toBe("Ada Lovelace");
  });
});

describe("coming in", () => {
  it("ends with the session's time, for calls and for refreshing", async () => {
    const { session, caller } = await newcomer();
    await withAccount(scene.database, {}, async (tx) => {
      await tx.update(sessionTable).set({ expiresAt: sql`now()` }).where(eq(sessionTable.id, caller.sessionId));
    });
    await expect(authenticate(scene.auth, session.accessToken, null)).rejects.toMatchObject({ reason: "unauthorized" });
    await expect(refresh(scene.auth, session.refreshToken, device)).rejects.toMatchObject({ reason: "refresh_invalid" });
  });

  it("ends with the workspace, for people and for keys", async () => {
    const { session, caller, workspaceId } = await newcomer();
    const key = await scene.inWorkspace(workspaceId, (ws) => createApiKey(ws, { name: "ci", role: "member" }, caller.accountId));
    expect(await authenticate(scene.auth, session.accessToken, workspaceId)).toMatchObject({ standing: { workspaceId, scopes: null } });
    await scene.inWorkspace(workspaceId, (ws) => ws.tx.execute(sql`update workspace set deleted_at = now()`));
    expect(await authenticate(scene.auth, session.accessToken, workspaceId)).toMatchObject({ standing: null });
    expect((await me(scene.auth, caller.accountId)).memberships).toEqual([]);
    await expect(authenticate(scene.auth, key.secret ?? "", null)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("carries what a key is limited to", async () => {
    const { caller, workspaceId } = await newcomer();
    const key = await scene.inWorkspace(workspaceId, (ws) => createApiKey(ws, { name: "ci", role: "member" }, caller.accountId));
    await scene.inWorkspace(workspaceId, (ws) => ws.tx.execute(sql`update api_key set scopes = '{knowledge.read}'`));
    expect(await authenticate(scene.auth, key.secret ?? "", null)).toMatchObject({ standing: { workspaceId, scopes: ["knowledge.read"] } });
  });

  it("tells every workspace of the account when a refresh token comes back, once", async () => {
    const { session, caller, workspaceId } = await newcomer();
    await refresh(scene.auth, session.refreshToken, device);
    await scene.database
      .auth`update refresh_token set spent_at = now() - ${graceSeconds + 1} * interval '1 second' where spent_at is not null`;
    const revoked: string[] = [];
    const deps = { ...scene.auth, onRevoked: (accountId: string) => void revoked.push(accountId) };
    const replays = await Promise.allSettled([1, 2, 3].map(() => refresh(deps, session.refreshToken, { ...device, ip: "203.0.113.66" })));
    expect(replays.filter((replay) => replay.status === "rejected" && replay.reason.reason === "refresh_reused")).toHaveLength(1);
    expect(revoked).toEqual([caller.accountId]);
    const lines = await scene.inWorkspace(workspaceId, (ws) =>
      ws.tx.select().from(auditEntry).where(eq(auditEntry.action, "session.reused")),
    );
    expect(lines).toEqual([
      expect.objectContaining({
        actorId: caller.accountId,
        targetKind: "session",
        targetId: caller.sessionId,
        ip: "203.0.113.66",
        requestId: "req-1",
      }),
    ]);
  });
});

it("what sessions and letters leave behind goes in time, and nothing that is still of use", async () => {
  const [old, young] = [await newcomer(), await newcomer()];
  await mailbox.lettersTo(old.email);
  await mailbox.lettersTo(young.email);
  await scene.database.auth`update mail set created_at = now() - interval '8 days' where email = ${old.email}`;
  await scene.database.auth`update email_token set expires_at = now() - interval '8 days' where email = ${old.email}`;
  await scene.database.auth`update session set expires_at = now() - interval '31 days' where account_id = ${old.caller.accountId}`;
  expect(await tidyAccounts(scene.auth)).toBe(3);
  expect(await tidyAccounts(scene.auth)).toBe(0);
  await expect(refresh(scene.auth, young.session.refreshToken, device)).resolves.toBeDefined();
  expect(
    await scene.database.auth`select 1 from refresh_token join session on id = session_id where account_id = ${old.caller.accountId}`,
  ).toHaveLength(0);
});
