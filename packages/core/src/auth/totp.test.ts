import { newId } from "@axon/db/ids";
import { auditEntry } from "@axon/db/schema/workspaces";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createSealer } from "../sealing.ts";
import { authenticate, beginTotp, confirmTotp, disableTotp, me, regenerateRecoveryCodes, signIn, signUp } from "./index.ts";
import { newTotp, stepOfCode } from "./totp-codes.ts";

const device = { ip: "192.0.2.1", userAgent: "test" };
const password = "correct horse battery";
const stepMs = 30_000;
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

async function newcomer() {
  const email = `p-${newId()}@example.com`;
  const session = await signUp(scene.auth, { email, password, name: "Ada" }, device);
  const caller = await authenticate(scene.auth, session.accessToken, null);
  if (caller.kind !== "user") throw new Error("not a user");
  return { email, caller, workspaceId: session.memberships[0]?.workspace.id ?? "" };
}

/** Somebody with an authenticator app; `code` gives what it shows, some steps from now. */
async function guarded() {
  const person = await newcomer();
  const { secret, uri } = await beginTotp(scene.auth, person.caller, { password });
  const code = (steps = 0) => new TOTP({ secret }).generate({ timestamp: Date.now() + steps * stepMs });
  // A step back, so that the code of now is still good to sign in with.
  const { recoveryCodes } = await confirmTotp(scene.auth, person.caller, { code: code(-1) }, device);
  const enter = (second: { totpCode?: string; recoveryCode?: string }, ip = device.ip) =>
    signIn(scene.auth, { email: person.email, password, ...second }, { ...device, ip });
  return { ...person, secret, uri, code, recoveryCodes, enter };
}

describe("an authenticator app", () => {
  it("is set up with the password and a code, and gives ten recovery codes", async () => {
    const { email, caller, secret, uri, recoveryCodes, workspaceId } = await guarded();
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toContain(`secret=${secret}`);
    expect(decodeURIComponent(uri)).toContain(email);
    expect(recoveryCodes).toHaveLength(10);
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(recoveryCodes[0]).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    expect((await me(scene.auth, caller.accountId)).user.totpEnabled).toBe(true);
    const [stored] = await scene.database.auth`select to_jsonb(account)::text as row from account where id = ${caller.accountId}`;
    expect(stored?.["row"]).not.toContain(secret);
    const lines = await scene.inWorkspace(workspaceId, (ws) => ws.tx.select({ action: auditEntry.action }).from(auditEntry));
    expect(lines).toContainEqual({ action: "totp.enabled" });
  });

  it("counts for nothing before it is confirmed, and is not replaced once it is", async () => {
    const { email, caller } = await newcomer();
    await expect(confirmTotp(scene.auth, caller, { code: "000000" }, device)).rejects.toMatchObject({ reason: "invalid_state" });
    await expect(beginTotp(scene.auth, caller, { password: "wrong" })).rejects.toMatchObject({ reason: "invalid_credentials" });
    const { secret } = await beginTotp(scene.auth, caller, { password });
    await expect(signIn(scene.auth, { email, password }, device)).resolves.toBeDefined();
    const code = new TOTP({ secret }).generate();
    const confirmed = await Promise.allSettled([1, 2].map(() => confirmTotp(scene.auth, caller, { code }, device)));
    expect(confirmed.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(beginTotp(scene.auth, caller, { password })).rejects.toMatchObject({ reason: "invalid_state" });
  });

  it("is asked for only when the password was right", async () => {
    const { email, code, enter } = await guarded();
    await expect(enter({})).rejects.toMatchObject({ reason: "totp_required" });
    const withCode = signIn(scene.auth, { email, password: "wrong", totpCode: code() }, device);
    await expect(withCode).rejects.toMatchObject({ reason: "invalid_credentials" });
    await expect(enter({ totpCode: code() })).resolves.toBeDefined();
  });

  it("has codes that work once each, also when they come together", async () => {
    const { code, enter } = await guarded();
    const now = code();
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => enter({ totpCode: now })));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(enter({ totpCode: now })).rejects.toMatchObject({ reason: "totp_invalid" });
    await expect(enter({ totpCode: code(1) })).resolves.toBeDefined();
    await expect(enter({ totpCode: now })).rejects.toMatchObject({ reason: "totp_invalid" });
  });

  it("is one step off at most", () => {
    const sealer = createSealer([{ id: "test", bytes: Buffer.alloc(32, 1) }]);
    const { sealed, secret } = newTotp(sealer, "an account", "ada@example.com");
    const nowMs = 1_800_000_000_000;
    const told = [-2, -1, 0, 1, 2].map((steps) =>
      stepOfCode(sealer, "an account", sealed, new TOTP({ secret }).generate({ timestamp: nowMs + steps * stepMs }), nowMs),
    );
    const step = nowMs / stepMs;
    expect(told).toEqual([null, step - 1, step, step + 1, null]);
    expect(() => stepOfCode(sealer, "another account", sealed, "000000", nowMs)).toThrow();
  });

  it("follows RFC 6238", () => {
    // Appendix B, SHA-1, its last six digits.
    const totp = new TOTP({ secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    const at = (seconds: number) => totp.generate({ timestamp: seconds * 1000 });
    expect([59, 1_111_111_109, 1_234_567_890, 20_000_000_000].map(at)).toEqual(["287082", "081804", "005924", "353130"]);
  });

  it("lets nobody guess codes: five wrong ones in one place, and the right one has to wait", async () => {
    const { code, enter } = await guarded();
    const wrong = () => enter({ totpCode: code() === "123456" ? "654321" : "123456" });
    for (let guess = 0; guess < 5; guess++) await expect(wrong()).rejects.toMatchObject({ reason: "totp_invalid" });
    await expect(enter({ totpCode: code() })).rejects.toMatchObject({ reason: "rate_limited" });
    const parallel = await Promise.allSettled(
      Array.from({ length: 20 }, (_, guess) => enter({ totpCode: String(guess).padStart(6, "0") }, "198.51.100.20")),
    );
    const reasons = parallel.map((result) => (result.status === "rejected" ? result.reason.reason : "in"));
    expect(reasons.filter((reason) => reason === "totp_invalid").length).toBeLessThanOrEqual(5);
  });
});

describe("recovery codes", () => {
  it("stand in for the app once each", async () => {
    const { recoveryCodes, enter } = await guarded();
    const [first = "", second = ""] = recoveryCodes.map((code) => code.replaceAll("-", ""));
    const results = await Promise.allSettled([1, 2, 3].map(() => enter({ recoveryCode: first })));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(enter({ recoveryCode: first })).rejects.toMatchObject({ reason: "totp_invalid" });
    await expect(enter({ recoveryCode: second })).resolves.toBeDefined();
  });

  it("are replaced all at once", async () => {
    const { caller, code, recoveryCodes, enter } = await guarded();
    const given = { password, code: code() };
    const fresh = await regenerateRecoveryCodes(scene.auth, caller, given, device);
    await expect(regenerateRecoveryCodes(scene.auth, caller, given, device)).rejects.toMatchObject({ reason: "totp_invalid" });
    await expect(enter({ recoveryCode: recoveryCodes[0]?.replaceAll("-", "") ?? "" })).rejects.toMatchObject({ reason: "totp_invalid" });
    await expect(enter({ recoveryCode: fresh.recoveryCodes[0]?.replaceAll("-", "") ?? "" })).resolves.toBeDefined();
  });
});

describe("doing without the app", () => {
  it("takes the password and a code, and then the password is enough", async () => {
    const { caller, code, enter, recoveryCodes } = await guarded();
    const off = (given: { password: string; code: string }) => disableTotp(scene.auth, caller, given, device);
    await expect(off({ password: "wrong", code: code() })).rejects.toMatchObject({ reason: "invalid_credentials" });
    await expect(off({ password, code: "000000" })).rejects.toMatchObject({ reason: "totp_invalid" });
    await off({ password, code: code() });
    await expect(off({ password, code: code(1) })).rejects.toMatchObject({ reason: "invalid_state" });
    await expect(enter({})).resolves.toMatchObject({ user: { totpEnabled: false } });
    const [left] = await scene.database.auth`select count(*)::int as codes from recovery_code where account_id = ${caller.accountId}`;
    expect(left?.["codes"]).toBe(0);
    expect(recoveryCodes).toHaveLength(10);
  });

  it("works with a recovery code for whoever has lost the app", async () => {
    const { caller, enter, recoveryCodes } = await guarded();
    await disableTotp(scene.auth, caller, { password, recoveryCode: recoveryCodes[3]?.replaceAll("-", "") ?? "" }, device);
    await expect(enter({})).resolves.toBeDefined();
  });
});
