import { newId } from "@axon/db/ids";
import { account } from "@axon/db/schema/accounts";
import { auditEntry } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  authenticate,
  changePassword,
  createPasswords,
  listSessions,
  refresh,
  requestPasswordReset,
  resetPassword,
  signIn,
  signUp,
} from "./index.ts";
import { type Mailbox, openMailbox } from "./mailbox.fixture.ts";
import { requeueMail, sendAccountMail } from "./send-account-mail.ts";

const device = { ip: "192.0.2.1", userAgent: "test" };
const password = "correct horse battery";
const better = "a better horse battery";
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
  return { email, session, caller: await callerOf(session.accessToken) };
}
const actionsOf = (workspaceId: string) =>
  scene.inWorkspace(workspaceId, async (ws) => {
    const lines = await ws.tx.select({ action: auditEntry.action }).from(auditEntry);
    return lines.map(({ action }) => action);
  });

describe("an authenticator app", () => {
  const withApp = async (verified: boolean) => {
    const person = await newcomer();
    await withAccount(scene.database, {}, async (tx) => {
      const emailVerifiedAt = verified ? new Date().toISOString() : null;
      const totp = { totpSecret: "sealed", totpSince: new Date().toISOString(), totpLastStep: 1 };
      await tx
        .update(account)
        .set({ ...totp, emailVerifiedAt })
        .where(eq(account.email, person.email));
    });
    await requestPasswordReset(scene.auth, { email: person.email }, device);
    await resetPassword(scene.auth, { token: await mailbox.tokenFor(person.email, "/reset-password"), newPassword: better }, device);
    return signIn(scene.auth, { email: person.email, password: better }, device).then(
      () => "in",
      (error: unknown) => (error instanceof Error && "reason" in error ? error.reason : error),
    );
  };

  it("stays in force through a reset", async () => {
    expect(await withApp(true)).toBe("totp_required");
  });

  it("of somebody who squatted on an address does not keep the address's owner out", async () => {
    expect(await withApp(false)).toBe("in");
  });
});

describe("changing the password", () => {
  it("ends every other session, kills reset links, and tells the owner", async () => {
    const { email, session, caller } = await newcomer();
    const elsewhere = await signIn(scene.auth, { email, password }, device);
    await requestPasswordReset(scene.auth, { email }, device);
    const token = await mailbox.tokenFor(email, "/reset-password");
    await changePassword(scene.auth, caller, { currentPassword: password, newPassword: better }, device);

    await expect(authenticate(scene.auth, elsewhere.accessToken, null)).rejects.toMatchObject({ reason: "unauthorized" });
    await expect(refresh(scene.auth, elsewhere.refreshToken, device)).rejects.toMatchObject({ reason: "refresh_invalid" });
    await expect(refresh(scene.auth, session.refreshToken, device)).resolves.toBeDefined();
    await expect(signIn(scene.auth, { email, password }, device)).rejects.toMatchObject({ reason: "invalid_credentials" });
    await expect(signIn(scene.auth, { email, password: better }, device)).resolves.toBeDefined();
    await expect(resetPassword(scene.auth, { token, newPassword: password }, device)).rejects.toMatchObject({ reason: "link_invalid" });
    expect((await mailbox.lettersTo(email)).at(-1)?.subject).toBe("Your password was changed");
    expect(await actionsOf(session.memberships[0]?.workspace.id ?? "")).toContain("password.changed");
  });

  it("refuses a wrong current password and changes nothing, and stops listening after ten", async () => {
    const { email, session, caller } = await newcomer();
    const guess = (currentPassword: string) => changePassword(scene.auth, caller, { currentPassword, newPassword: better }, device);
    for (let wrong = 0; wrong < 10; wrong++) await expect(guess("wrong")).rejects.toMatchObject({ reason: "invalid_credentials" });
    await expect(guess(password)).rejects.toMatchObject({ reason: "rate_limited", details: { retryAfterMs: expect.any(Number) } });
    await expect(signIn(scene.auth, { email, password }, device)).resolves.toBeDefined();
    expect(await actionsOf(session.memberships[0]?.workspace.id ?? "")).not.toContain("password.changed");
  });

  it("of two changes at once lets one win and tells the other that its password is wrong", async () => {
    const { email, caller } = await newcomer();
    const results = await Promise.allSettled(
      [better, `${better} 2`].map((newPassword) => changePassword(scene.auth, caller, { currentPassword: password, newPassword }, device)),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({ reason: { reason: "invalid_credentials" } });
    expect((await mailbox.lettersTo(email)).filter(({ subject }) => subject === "Your password was changed")).toHaveLength(1);
  });
});

describe("resetting the password", () => {
  it("sets it by a link that works once, ends all sessions, verifies the address and lets the owner in again", async () => {
    const { email, session } = await newcomer();
    for (let wrong = 0; wrong < 10; wrong++)
      await signIn(scene.auth, { email, password: "wrong" }, device).catch((error: unknown) => error);
    await expect(signIn(scene.auth, { email, password }, device)).rejects.toMatchObject({ reason: "rate_limited" });
    await requestPasswordReset(scene.auth, { email }, device);
    const token = await mailbox.tokenFor(email, "/reset-password");
    await resetPassword(scene.auth, { token, newPassword: better }, device);

    await expect(authenticate(scene.auth, session.accessToken, null)).rejects.toMatchObject({ reason: "unauthorized" });
    await expect(refresh(scene.auth, session.refreshToken, device)).rejects.toMatchObject({ reason: "refresh_invalid" });
    const again = await signIn(scene.auth, { email, password: better }, device);
    expect(again.user.emailVerified).toBe(true);
    await expect(resetPassword(scene.auth, { token, newPassword: password }, device)).rejects.toMatchObject({ reason: "link_invalid" });
    expect((await mailbox.lettersTo(email)).at(-1)?.subject).toBe("Your password was changed");
    expect(await actionsOf(session.memberships[0]?.workspace.id ?? "")).toContain("password.reset");
  });

  it("takes a link once, however many come with it at the same time, and then no older one", async () => {
    const { email } = await newcomer();
    await requestPasswordReset(scene.auth, { email }, device);
    const older = await mailbox.tokenFor(email, "/reset-password");
    await requestPasswordReset(scene.auth, { email }, device);
    const token = await mailbox.tokenFor(email, "/reset-password");
    expect(token).not.toBe(older);
    const passwords = Array.from({ length: 8 }, (_, number) => `${better} ${number}`);
    const results = await Promise.allSettled(passwords.map((newPassword) => resetPassword(scene.auth, { token, newPassword }, device)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(resetPassword(scene.auth, { token: older, newPassword: password }, device)).rejects.toMatchObject({
      reason: "link_invalid",
    });
  });

  it("refuses links that are unknown, of another kind or too old in the same words", async () => {
    const { email } = await newcomer();
    const verify = await mailbox.tokenFor(email, "/verify-email");
    await requestPasswordReset(scene.auth, { email }, device);
    const old = await mailbox.tokenFor(email, "/reset-password");
    await scene.database
      .auth`update email_token set expires_at = now() - interval '1 second' where email = ${email} and purpose = 'reset_password'`;
    const told = await Promise.all(
      ["axp_unknown", verify, old].map((token) =>
        resetPassword(scene.auth, { token, newPassword: better }, device).catch((error: unknown) => error),
      ),
    );
    expect(told[0]).toMatchObject({ reason: "link_invalid" });
    expect(told).toEqual([told[0], told[0], told[0]]);
  });

  it("does the same work for an address that is nobody's, and writes to nobody", async () => {
    const { email } = await newcomer();
    await mailbox.lettersTo(email);
    const nobody = newEmail();
    const known = await rowsMadeBy(() => requestPasswordReset(scene.auth, { email }, device));
    const unknown = await rowsMadeBy(() => requestPasswordReset(scene.auth, { email: nobody }, device));
    expect(unknown).toEqual(known);
    expect(known).toEqual({ mail: 1, outbox: 1, email_token: 0 });
    expect(await mailbox.lettersTo(nobody)).toEqual([]);
    expect((await mailbox.lettersTo(email)).at(-1)?.subject).toBe("Set a new password");
  });

  it("sends an address three letters an hour, and answers the fourth request alike", async () => {
    const { email } = await newcomer();
    for (let request = 0; request < 5; request++) await requestPasswordReset(scene.auth, { email }, { ...device, ip: "192.0.2.9" });
    expect((await mailbox.lettersTo(email)).filter(({ subject }) => subject === "Set a new password")).toHaveLength(3);
  });

  it("hears twenty requests an hour from one place", async () => {
    const place = { ...device, ip: "192.0.2.10" };
    for (let request = 0; request < 20; request++) await requestPasswordReset(scene.auth, { email: newEmail() }, place);
    await expect(requestPasswordReset(scene.auth, { email: newEmail() }, place)).rejects.toMatchObject({ reason: "rate_limited" });
  });
});

describe("a letter", () => {
  it("that is sent again bears the same link, and is sent once more only while nobody knows that it left", async () => {
    const { email } = await newcomer();
    await requestPasswordReset(scene.auth, { email }, device);
    mailbox.script(() => {
      throw new Error("the mail service is away");
    });
    await expect(mailbox.lettersTo(email)).rejects.toThrow("away");
    const stored = await scene.database.auth<{ id: string }[]>`select id from mail where email = ${email} and done_at is null order by id`;
    const before = mailbox.letters.length;
    for (const { id } of [...stored, ...stored])
      await sendAccountMail(mailbox.deps, { mailId: id }, { signal: new AbortController().signal });
    expect(mailbox.letters.length - before).toBe(stored.length);
    const tokens = await scene.database.auth`select hash from email_token where email = ${email}`;
    expect(tokens).toHaveLength(stored.length);
    await requeueMail(scene.auth, stored[0]?.id ?? "");
    const [queued] = await scene.database
      .engine`select count(*)::int as jobs from outbox where key like ${`account.mail:${stored[0]?.id}:again%`}`;
    expect(queued?.["jobs"]).toBe(0);
  });

  it("that nobody sent is queued again, and one that will never be taken is given up", async () => {
    const email = newEmail();
    await signUp(scene.auth, { email, password, name: "Ada" }, device);
    const [stored] = await scene.database.auth<{ id: string }[]>`select id from mail where email = ${email}`;
    const mailId = stored?.id ?? "";
    await requeueMail(scene.auth, mailId);
    const [queued] = await scene.database
      .engine`select count(*)::int as jobs from outbox where key like ${`account.mail:${mailId}:again%`}`;
    expect(queued?.["jobs"]).toBe(1);
    mailbox.script(() => ({ outcome: "refused", reason: "validation_error (422)" }));
    await expect(mailbox.lettersTo(email)).rejects.toMatchObject({ name: "Refusal", message: expect.not.stringContaining(email) });
    expect(await mailbox.lettersTo(email)).toEqual([]);
  });
});

describe("hashing", () => {
  it("upgrades an old hash at sign-in, not for a wrong password, and bears two at once", async () => {
    const { email, caller } = await newcomer();
    const hashOf = async () => {
      const [row] = await withAccount(scene.database, {}, (tx) =>
        tx.select({ hash: account.passwordHash }).from(account).where(eq(account.id, caller.accountId)),
      );
      return row?.hash ?? "";
    };
    const dearer = { ...scene.auth, passwords: createPasswords({ cost: 5 }) };
    await signIn(dearer, { email, password: "wrong" }, device).catch((error: unknown) => error);
    expect(await hashOf()).toMatch(/^\$2b\$04\$/);
    await Promise.all([1, 2, 3].map(() => signIn(dearer, { email, password }, device)));
    expect(await hashOf()).toMatch(/^\$2b\$05\$/);
    await expect(signIn(dearer, { email, password }, device)).resolves.toBeDefined();
    await signIn(scene.auth, { email, password }, device);
    expect(await hashOf()).toMatch(/^\$2b\$05\$/);
    expect((await listSessions(scene.auth, caller, { limit: 50 })).items).toHaveLength(6);
  });

  it("says how many wait", async () => {
    const passwords = createPasswords({ cost: 8, parallelMax: 1 });
    const all = [1, 2, 3].map(() => passwords.hash("a password"));
    expect(passwords.stats()).toEqual({ running: 1, waiting: 2 });
    await Promise.all(all);
    expect(passwords.stats()).toEqual({ running: 0, waiting: 0 });
  });
});

/** How many rows each table of letters gained. */
async function rowsMadeBy(work: () => Promise<void>) {
  const count = async () => {
    const [row] = await scene.database
      .auth`select (select count(*)::int from mail) as mail, (select count(*)::int from email_token) as tokens`;
    const [jobs] = await scene.database.engine`select count(*)::int as jobs from outbox`;
    return { mail: Number(row?.["mail"]), outbox: Number(jobs?.["jobs"]), email_token: Number(row?.["tokens"]) };
  };
  const before = await count();
  await work();
  const after = await count();
  return { mail: after.mail - before.mail, outbox: after.outbox - before.outbox, email_token: after.email_token - before.email_token };
}
