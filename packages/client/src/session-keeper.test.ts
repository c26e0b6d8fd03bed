import type { Session } from "@axon/contracts/auth";
import { describe, expect, it } from "vitest";
import { AxonError } from "./errors.ts";
import { createSessionKeeper, type SessionKeeperDeps } from "./session-keeper.ts";

const hour = 3_600_000;

function sessionOf(name: string, expiresAtMs: number): Session {
  const at = new Date(expiresAtMs).toISOString();
  return {
    accessToken: name,
    accessExpiresAt: at,
    refreshToken: `${name}-refresh`,
    refreshExpiresAt: at,
    user: { id: "u", email: "a@b.example", name: "A", createdAt: at, emailVerified: true, totpEnabled: false },
    memberships: [],
  };
}

function setUp(given: Partial<SessionKeeperDeps> = {}) {
  const calls: string[] = [];
  const clock = { now: 10 * hour };
  const keeper = createSessionKeeper({
    async signIn({ email }) {
      calls.push(`signIn ${email}`);
      return sessionOf(`signed-in-${calls.length}`, clock.now + hour);
    },
    async refresh(token) {
      calls.push(`refresh ${token}`);
      return sessionOf(`refreshed-${calls.length}`, clock.now + hour);
    },
    now: () => clock.now,
    ...given,
  });
  return { keeper, calls, clock };
}
const credentials = { email: "a@b.example", password: "right" };
const refused = (reason: string) => new AxonError({ reason, code: "UNAUTHORIZED", message: reason });

describe("keeping a session", () => {
  it("signs in only when a token is first asked for, and once for all who ask together", async () => {
    const { keeper, calls } = setUp({ credentials });
    expect(calls).toEqual([]);
    const tokens = await Promise.all(Array.from({ length: 10 }, () => keeper.token()));
    expect(new Set(tokens)).toEqual(new Set(["signed-in-1"]));
    expect(calls).toEqual(["signIn a@b.example"]);
  });

  it("renews before the token ends, and tells the caller before the call goes on", async () => {
    const kept: string[] = [];
    const { keeper, calls, clock } = setUp({
      session: sessionOf("old", 10 * hour + 60_000),
      onSession: async ({ accessToken }) => {
        await Promise.resolve();
        kept.push(accessToken);
      },
    });
    expect(await keeper.token()).toBe("old");
    clock.now += 45_000;
    expect(await keeper.token()).toBe("refreshed-1");
    expect(kept).toEqual(["refreshed-1"]);
    expect(calls).toEqual(["refresh old-refresh"]);
  });

  it("does not refresh for a token that somebody else has replaced already", async () => {
    const { keeper, calls } = setUp({ session: sessionOf("old", 20 * hour) });
    await keeper.renew("old");
    expect(await keeper.renew("old")).toBe("refreshed-1");
    expect(calls).toHaveLength(1);
  });

  it("does not refresh again and again when this machine's clock is hours ahead", async () => {
    const { keeper, calls, clock } = setUp({ credentials, signIn: async () => sessionOf("short", clock.now - hour) });
    await keeper.token();
    await keeper.token();
    await keeper.token();
    expect(calls).toEqual([]);
  });

  it("takes the session that another process has stored instead of using the refresh token twice", async () => {
    const { keeper, calls } = setUp({ session: sessionOf("old", 0), reloadSession: async () => sessionOf("stored", 20 * hour) });
    expect(await keeper.token()).toBe("stored");
    expect(calls).toEqual([]);
  });

  it("goes back to the password when the refresh token is refused, but not when the server is away", async () => {
    const { keeper, calls } = setUp({
      credentials,
      session: sessionOf("old", 0),
      refresh: () => Promise.reject(refused("refresh_invalid")),
    });
    expect(await keeper.token()).toBe("signed-in-1");
    expect(calls).toEqual(["signIn a@b.example"]);

    const away = setUp({ credentials, session: sessionOf("old", 0), refresh: () => Promise.reject(new TypeError("fetch failed")) });
    await expect(away.keeper.token()).rejects.toMatchObject({ reason: "unreachable" });
    expect(away.calls).toEqual([]);
  });

  it("never renews a fixed token", async () => {
    const { keeper, calls } = setUp({ token: "axk_fixed" });
    expect(await keeper.token()).toBe("axk_fixed");
    expect(await keeper.renew("axk_fixed")).toBeNull();
    expect(calls).toEqual([]);
  });
});
