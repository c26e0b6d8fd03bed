import { createHmac } from "node:crypto";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { createAccessTokens } from "./access-token.ts";
import { createVisitorTokens, type VisitorClaims, type VisitorTokens } from "./visitor-token.ts";

const [oldSecret, newSecret] = ["o".repeat(32), "n".repeat(32)];
const claims: VisitorClaims = {
  workspaceId: "01930000-0000-7000-8000-000000000001",
  channelId: "01930000-0000-7000-8000-000000000002",
  contactId: "01930000-0000-7000-8000-000000000003",
  identityVersion: null,
};
let tokens: VisitorTokens;

beforeAll(async () => {
  tokens = await createVisitorTokens({ secrets: [newSecret] });
});

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
const partsOf = (token: string) => {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const read = (text: string): Record<string, unknown> => JSON.parse(Buffer.from(text, "base64url").toString());
  return { header: read(header), payload: read(payload), signature, signed: `${header}.${payload}` };
};

describe("a visitor's token", () => {
  it("says who the visitor is and by which secret they are vouched for, for thirty days", async () => {
    const anonymous = await tokens.sign(claims);
    expect(await tokens.verify(anonymous.token)).toMatchObject(claims);
    expect(Date.parse(anonymous.expiresAt) / 86_400_000 - Date.now() / 86_400_000).toBeCloseTo(30, 2);
    const known = await tokens.sign({ ...claims, identityVersion: 3 });
    expect(await tokens.verify(known.token)).toMatchObject({ ...claims, identityVersion: 3 });
  });

  it("stays good while its secret is rotated, and is worth nothing once that is gone", async () => {
    const before = (await (await createVisitorTokens({ secrets: [oldSecret] })).sign(claims)).token;
    const during = await createVisitorTokens({ secrets: [newSecret, oldSecret] });
    expect(await during.verify(before)).toMatchObject(claims);
    expect(await tokens.verify((await during.sign(claims)).token)).toMatchObject(claims);
    await expect(tokens.verify(before)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("never passes for an access token, nor an access token for a visitor's, though both come from one secret", async () => {
    const staff = await createAccessTokens({ secrets: [newSecret], ttlSeconds: 900 });
    const visitor = (await tokens.sign(claims)).token;
    await expect(staff.verify(visitor)).rejects.toMatchObject({ reason: "unauthorized" });
    const access = (await staff.sign({ accountId: claims.contactId, sessionId: claims.channelId })).token;
    await expect(tokens.verify(access)).rejects.toMatchObject({ reason: "unauthorized" });
    // Not even with the other's audience and key id, signed with the very secret.
    const { header, payload } = partsOf(visitor);
    const forged = (kid: unknown) =>
      new SignJWT(payload).setProtectedHeader({ ...header, alg: "HS256", kid: String(kid) }).sign(new TextEncoder().encode(newSecret));
    for (const kid of [header["kid"], partsOf(access).header["kid"]])
      await expect(tokens.verify(await forged(kid))).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("is refused when anything about it was changed or is not ours", async () => {
    const { token } = await tokens.sign(claims);
    const { header, payload, signature } = partsOf(token);
    const none = `${encode({ ...header, alg: "none" })}.${encode(payload)}.`;
    const other = `${encode(header)}.${encode({ ...payload, sub: claims.channelId })}.${signature}`;
    const signedWithNothing = `${encode(header)}.${encode(payload)}`;
    const empty = createHmac("sha256", "").update(signedWithNothing).digest("base64url");
    for (const bad of [none, other, `${signedWithNothing}.${empty}`, token.slice(0, -2), "", "a.b.c", "axw_key"])
      await expect(tokens.verify(bad)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("that has run out says so", async () => {
    const brief = await createVisitorTokens({ secrets: [newSecret], ttlSeconds: -60 });
    await expect(tokens.verify((await brief.sign(claims)).token)).rejects.toMatchObject({ reason: "token_expired" });
  });
});
