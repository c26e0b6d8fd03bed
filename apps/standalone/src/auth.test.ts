/** Coming in over HTTP: letters that a worker sends, sessions that end on every server, and doors that look alike to strangers. */
import type { Session } from "@axon/contracts/auth";
import { newId } from "@axon/db/ids";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, openApp } from "./app.fixture.ts";
import { lettersIn, letterTo, tokenIn } from "./mail.fixture.ts";
import { call } from "./wire.fixture.ts";

const password = "correct horse battery";
const better = "a better horse battery";
let app: App;

beforeAll(async () => {
  app = await openApp({ servers: 2, workers: 1 });
}, 180_000);
afterAll(() => app.close());

const mutate = (path: string, input: unknown, token?: string, server = 0) =>
  call(app.urls[server] ?? "", "mutation", path, input, token === undefined ? {} : { token });
const signIn = (email: string, given: object, server = 0) => mutate("auth.signIn", { email, ...given }, undefined, server);
const seen = async (token: string, server = 0) => (await call(app.urls[server] ?? "", "query", "auth.me", undefined, { token })).status;
const sessionOf = ({ text }: { text: string }): Session => JSON.parse(text).result.data;

async function newcomer() {
  const email = `ada-${newId()}@example.com`;
  return { email, session: await app.stranger().api.auth.signUp.mutate({ email, password, name: "Ada <b>" }) };
}

describe("letters", () => {
  it("verify an address from sign-up to the click", async () => {
    const { email, session } = await newcomer();
    const letter = await letterTo(app.mailFolder, email, /Confirm/);
    expect(letter.text).toContain("http://localhost:3000/verify-email?token=axv_");
    expect(letter.html).toContain("Ada &lt;b&gt;");
    expect((await mutate("auth.verifyEmail", { token: tokenIn(letter) })).status).toBe(200);
    expect(await mutate("auth.verifyEmail", { token: tokenIn(letter) })).toMatchObject({ status: 400, reason: "link_invalid" });
    const { user } = JSON.parse((await call(app.url, "query", "auth.me", undefined, { token: session.accessToken })).text).result.data;
    expect(user).toMatchObject({ email, emailVerified: true, totpEnabled: false });
  });

  it("reset a password, which ends every session on every server", async () => {
    const { email, session } = await newcomer();
    expect((await mutate("auth.requestPasswordReset", { email })).status).toBe(200);
    const letter = await letterTo(app.mailFolder, email, /new password/);
    expect(await seen(session.accessToken, 1)).toBe(200);
    expect((await mutate("auth.resetPassword", { token: tokenIn(letter), newPassword: better }, undefined, 1)).status).toBe(200);
    expect(await seen(session.accessToken, 0)).toBe(401);
    expect(await signIn(email, { password })).toMatchObject({ status: 401, reason: "invalid_credentials" });
    expect((await signIn(email, { password: better })).status).toBe(200);
    await letterTo(app.mailFolder, email, /was changed/);
  });

  it("are answered alike for an address that is nobody's, down to the byte, and then not written", async () => {
    const { email } = await newcomer();
    const nobody = `nobody-${newId()}@example.com`;
    const [known, unknown] = [
      await mutate("auth.requestPasswordReset", { email }),
      await mutate("auth.requestPasswordReset", { email: nobody }),
    ];
    expect(unknown).toEqual(known);
    const wrong = await signIn(email, { password: "wrong" });
    expect(await signIn(nobody, { password: "wrong" })).toEqual(wrong);
    await letterTo(app.mailFolder, email, /new password/);
    // The letter to the one that was asked for first is there: the other would be by now, or never.
    expect(lettersIn(app.mailFolder).filter(({ to }) => to === nobody)).toEqual([]);
  });

  it("take as long for one as for the other, as far as a clock on a busy machine can tell", async () => {
    const { email } = await newcomer();
    const times: Record<"known" | "unknown", number[]> = { known: [], unknown: [] };
    for (let round = 0; round < 8; round++) {
      for (const who of ["known", "unknown"] as const) {
        const beganAt = performance.now();
        await signIn(who === "known" ? email : `nobody-${round}@example.com`, { password: "wrong" });
        times[who].push(performance.now() - beganAt);
      }
    }
    const median = (values: number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
    console.log(`a wrong sign-in, ms at the median: known ${median(times.known).toFixed(1)}, unknown ${median(times.unknown).toFixed(1)}`);
    expect(times.known).toHaveLength(8);
  });
});

describe("sessions", () => {
  it("are listed and ended one by one, and gone on the other server with the next call", async () => {
    const { email, session } = await newcomer();
    const phone = sessionOf(await signIn(email, { password }, 1));
    const list = await call(app.url, "query", "auth.sessions.list", {}, { token: session.accessToken });
    const items: { id: string; current: boolean; device: string; ip: string }[] = JSON.parse(list.text).result.data.items;
    expect(items.map(({ current }) => current)).toEqual([false, true]);
    expect(items[0]).toMatchObject({ device: expect.any(String), ip: "127.0.0.1" });
    expect(await seen(phone.accessToken, 1)).toBe(200);
    expect((await mutate("auth.sessions.revoke", { sessionId: items[0]?.id }, session.accessToken)).status).toBe(200);
    expect(await seen(phone.accessToken, 1)).toBe(401);
    expect(await seen(session.accessToken, 1)).toBe(200);
    expect(await mutate("auth.sessions.revoke", { sessionId: newId() }, session.accessToken)).toMatchObject({ status: 404 });
  });

  it("end all but one with a new password", async () => {
    const { email, session } = await newcomer();
    const other = sessionOf(await signIn(email, { password }));
    const change = { currentPassword: password, newPassword: better };
    expect((await mutate("auth.changePassword", change, session.accessToken)).status).toBe(200);
    expect(await seen(other.accessToken, 1)).toBe(401);
    expect(await seen(session.accessToken, 1)).toBe(200);
    expect(await mutate("auth.changePassword", change, session.accessToken)).toMatchObject({ reason: "invalid_credentials" });
  });

  it("refuse a password that bcrypt would cut short", async () => {
    const given = { email: `long-${newId()}@example.com`, password: "é".repeat(37), name: "Ada" };
    expect(await mutate("auth.signUp", given)).toMatchObject({ status: 400, reason: "validation" });
    expect((await mutate("auth.signUp", { ...given, password: "é".repeat(36) })).status).toBe(200);
  });
});

describe("an authenticator app", () => {
  it("stands between a password and a session", async () => {
    const { email, session } = await newcomer();
    const { secret } = JSON.parse((await mutate("auth.totp.begin", { password }, session.accessToken)).text).result.data;
    const code = (steps: number) => new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });
    const confirmed = await mutate("auth.totp.confirm", { code: code(-1) }, session.accessToken);
    const { recoveryCodes } = JSON.parse(confirmed.text).result.data;
    expect(recoveryCodes).toHaveLength(10);

    expect(await signIn(email, { password })).toMatchObject({ status: 401, reason: "totp_required" });
    expect(await signIn(email, { password, totpCode: "12345" })).toMatchObject({ status: 400, reason: "validation" });
    const [one, two] = [code(0).slice(0, 3), code(0).slice(3)];
    expect((await signIn(email, { password, totpCode: `${one} ${two}` })).status).toBe(200);
    expect(await signIn(email, { password, totpCode: one + two })).toMatchObject({ status: 401, reason: "totp_invalid" });
    expect((await signIn(email, { password, recoveryCode: recoveryCodes[0].toUpperCase() }, 1)).status).toBe(200);
    expect(await signIn(email, { password, recoveryCode: recoveryCodes[0] })).toMatchObject({ reason: "totp_invalid" });
    expect((await mutate("auth.totp.disable", { password, recoveryCode: recoveryCodes[1] }, session.accessToken)).status).toBe(200);
    expect((await signIn(email, { password })).status).toBe(200);
  });
});

it("guesses at two servers are counted together, and told when to come back", async () => {
  const { email } = await newcomer();
  const told: (string | null)[] = [];
  for (let guess = 0; guess < 11; guess++) told.push((await signIn(email, { password: "wrong" }, guess % 2)).reason);
  expect(told).toEqual([...Array.from({ length: 10 }, () => "invalid_credentials"), "rate_limited"]);
  const refused = await signIn(email, { password });
  expect(refused).toMatchObject({ status: 429, reason: "rate_limited" });
  expect(JSON.parse(refused.text).error.data.details.retryAfterMs).toBeGreaterThan(0);
});
