/** Renewing a session from everywhere at once: nobody is logged out, and a stolen token ends the family that it was stolen from. */
import type { Session } from "@axon/contracts/auth";
import { refresh } from "@axon/core/auth";
import { connect } from "@axon/db/connect";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type App, openApp } from "./app.fixture.ts";
import { newcomer, storm, stormDeps } from "./testing/storm/storm.ts";

const tabs = 20;
let app: App;

beforeAll(async () => {
  app = await openApp({ servers: 2, workers: 0 });
}, 180_000);
afterAll(() => app.close());

/** Over HTTP, at one of the two servers. */
async function renew(token: string, tab: number): Promise<Session> {
  const response = await fetch(`${app.urls[tab % 2]}/trpc/auth.refresh`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refreshToken: token }),
  });
  const answer: { result: { data: Session }; error?: { data: { reason: string } } } = JSON.parse(await response.text());
  if (answer.error) throw new Error(answer.error.data.reason);
  return answer.result.data;
}

it("fifty redeemers at two servers get one successor, and a replay later ends that family only", async () => {
  const phone = (await app.found("storm")).session;
  const { user } = phone;
  const laptop = await app.stranger().api.auth.signIn.mutate({ email: user.email, password: "correct horse battery" });
  const all = await Promise.all(Array.from({ length: 50 }, (_, tab) => renew(phone.refreshToken, tab)));
  const [successor, ...others] = new Set(all.map(({ refreshToken }) => refreshToken));
  expect(others).toEqual([]);
  const database = connect(app.database, { poolMax: 3 });
  const [live] = await database.auth`
    select count(*)::int as tokens from refresh_token join session on session.id = session_id
    where account_id = ${user.id} and spent_at is null and revoked_at is null`;
  expect(live?.["tokens"]).toBe(2); // One each of phone and laptop.

  await database.auth`update refresh_token set spent_at = spent_at - interval '1 minute' where spent_at is not null`;
  await expect(renew(phone.refreshToken, 0)).rejects.toThrow("refresh_reused");
  await database.close();
  await expect(renew(successor ?? "", 1)).rejects.toThrow("refresh_invalid");
  const me = (token: string, server: number) =>
    fetch(`${app.urls[server]}/trpc/auth.me`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
  expect(await me(all[0]?.accessToken ?? "", 0)).toBe(401);
  expect(await me(laptop.accessToken, 1)).toBe(200);
  await expect(renew(laptop.refreshToken, 0)).resolves.toMatchObject({ refreshToken: expect.any(String) });
});

it("twenty tabs at two servers stay signed in, round after round", async () => {
  const { session } = await app.found("tabs");
  const tally = await storm(session.refreshToken, { rounds: 20, tabs }, renew);
  console.log(`over HTTP: ${JSON.stringify(tally)}`);
  expect(tally).toEqual({ rounds: 20, calls: 400, logouts: 0, split: 0 });
});

it("twenty tabs stay signed in for a hundred rounds at the engine (npm run storm does a thousand)", async () => {
  const database = connect(app.database, { poolMax: 24 });
  const deps = await stormDeps(database);
  const { refreshToken } = await newcomer(deps);
  const tally = await storm(refreshToken, { rounds: 100, tabs }, (token) => refresh(deps, token, { ip: null, userAgent: null }));
  await database.close();
  console.log(`at the engine: ${JSON.stringify(tally)}`);
  expect(tally).toEqual({ rounds: 100, calls: 2_000, logouts: 0, split: 0 });
}, 180_000);
