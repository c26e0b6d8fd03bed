import { createHmac } from "node:crypto";
import { newId } from "@axon/db/ids";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createAccessTokens } from "./access-token.ts";

const secret = "s".repeat(32);
const [accountId, sessionId, stranger] = [newId(), newId(), newId()];
const claims = { accountId, sessionId };
const open = (...secrets: string[]) => createAccessTokens({ secrets, ttlSeconds: 900 });
const headerOf = (token: string): { kid: string; alg: string } =>
  JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
const nowSeconds = () => Math.floor(Date.now() / 1000);

/** A token of the right form, signed with the right key, that differs from ours as told. */
async function forged(change: { header?: object; payload?: object; key?: string } = {}): Promise<string> {
  const { kid } = headerOf((await (await open(secret)).sign(claims)).token);
  const payload = { sid: sessionId, sub: accountId, iss: "axon", aud: "axon-api", iat: nowSeconds(), exp: nowSeconds() + 900 };
  return new SignJWT({ ...payload, ...change.payload })
    .setProtectedHeader({ alg: "HS256", typ: "JWT", kid, ...change.header })
    .sign(new TextEncoder().encode(change.key ?? secret));
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("access tokens", () => {
  it("say who and until when", async () => {
    const tokens = await open(secret);
    const { token, expiresAt } = await tokens.sign(claims);
    expect(await tokens.verify(token)).toEqual({ ...claims, expiresAtMs: Date.parse(expiresAt) });
    expect(await tokens.verify(await forged())).toMatchObject(claims);
  });

  it.each([
    ["another key", () => forged({ key: "x".repeat(32) })],
    ["an unknown key id", () => forged({ header: { kid: "somebody-else" } })],
    ["a key id that is a path", () => forged({ header: { kid: "../../dev/null" } })],
    ["another algorithm of the same family", () => forged({ header: { alg: "HS512" }, key: secret.repeat(2) })],
    ["another audience", () => forged({ payload: { aud: "another" } })],
    ["the audience of visitors", () => forged({ payload: { aud: "axon-widget" } })],
    ["another issuer", () => forged({ payload: { iss: "another" } })],
    ["no subject", () => forged({ payload: { sub: undefined } })],
    ["no session", () => forged({ payload: { sid: undefined } })],
    ["a session that is no text", () => forged({ payload: { sid: 7 } })],
    ["a subject that is no id", () => forged({ payload: { sub: "somebody" } })],
    ["no end", () => forged({ payload: { exp: undefined } })],
    ["a beginning in the future", () => forged({ payload: { nbf: nowSeconds() + 60 } })],
    ["an issue in the future", () => forged({ payload: { iat: nowSeconds() + 60 } })],
  ])("with %s are refused", async (_what, make) => {
    await expect((await open(secret)).verify(await make())).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("without a signature, or with one cut short or of another's payload, are refused", async () => {
    const tokens = await open(secret);
    const [header = "", payload = "", signature = ""] = (await forged()).split(".");
    const none = encode({ alg: "none", typ: "JWT" });
    const other = encode({ sid: sessionId, sub: stranger, iss: "axon", aud: "axon-api", iat: nowSeconds(), exp: nowSeconds() + 900 });
    const unsigned = [`${none}.${payload}.`, `${none}.${payload}`, `${none}.${payload}.${signature}`, `${header}.${payload}.`];
    const changed = [`${header}.${payload}.${signature.slice(0, -4)}`, `${header}.${other}.${signature}`, "", "a.b.c", "axr_refresh"];
    for (const token of [...unsigned, ...changed]) await expect(tokens.verify(token)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("signed by hand with the public name of the key are refused", async () => {
    const [header = "", payload = ""] = (await forged()).split(".");
    const signature = createHmac("sha256", headerOf(await forged()).kid)
      .update(`${header}.${payload}`)
      .digest("base64url");
    await expect((await open(secret)).verify(`${header}.${payload}.${signature}`)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("past their end are told so, and nothing else is", async () => {
    const expired = await forged({ payload: { iat: nowSeconds() - 1000, exp: nowSeconds() - 100 } });
    await expect((await open(secret)).verify(expired)).rejects.toMatchObject({ reason: "token_expired" });
    const elsewhere = await forged({ payload: { iat: nowSeconds() - 1000, exp: nowSeconds() - 100 }, key: "x".repeat(32) });
    await expect((await open(secret)).verify(elsewhere)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("live through a change of keys, until the old one is taken away", async () => {
    const next = "n".repeat(32);
    const { token } = await (await open(secret)).sign(claims);
    const rotated = await open(next, secret);
    expect(await rotated.verify(token)).toMatchObject(claims);
    const fresh = await rotated.sign(claims);
    expect(headerOf(fresh.token).kid).not.toBe(headerOf(token).kid);
    expect(await (await open(next)).verify(fresh.token)).toMatchObject(claims);
    await expect((await open(next)).verify(token)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("are not made with a short secret, or none", async () => {
    await expect(open("short")).rejects.toThrow("32 bytes");
    await expect(open()).rejects.toThrow("at least one secret");
  });
});
