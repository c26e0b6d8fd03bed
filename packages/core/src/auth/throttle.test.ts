import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { signIn, signUp } from "./index.ts";
import { counts, networkOf } from "./throttle.ts";

const home = { ip: "192.0.2.1", userAgent: "test" };
const password = "correct horse battery";
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

async function newcomer() {
  const email = `p-${newId()}@example.com`;
  await signUp(scene.auth, { email, password, name: "Ada" }, home);
  return email;
}
const from = (ip: string) => ({ ...home, ip });
const tell = (email: string, given: string, ip: string) =>
  signIn(scene.auth, { email, password: given }, from(ip)).then(
    () => "in",
    (error: unknown) => (error instanceof Error && "reason" in error ? String(error.reason) : "broken"),
  );

describe("guessing passwords", () => {
  it("meets a wall after ten at one place, where the right one waits as well, and says how long", async () => {
    const email = await newcomer();
    for (let guess = 0; guess < 10; guess++) expect(await tell(email, "wrong", "198.51.100.1")).toBe("invalid_credentials");
    expect(await tell(email, password, "198.51.100.1")).toBe("rate_limited");
    const refusal = await signIn(scene.auth, { email, password }, from("198.51.100.1")).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ details: { retryAfterMs: expect.any(Number) } });
  });

  it("goes no further when all guesses come at once", async () => {
    const email = await newcomer();
    const told = await Promise.all(Array.from({ length: 60 }, () => tell(email, "wrong", "198.51.100.2")));
    expect(told.filter((reason) => reason === "invalid_credentials").length).toBeLessThanOrEqual(10);
    expect(new Set(told)).toEqual(new Set(["invalid_credentials", "rate_limited"]));
  });

  it("is told the same of an address that is nobody's", async () => {
    const [email, nobody] = [await newcomer(), `nobody-${newId()}@example.com`];
    const tries = async (address: string, ip: string) => {
      const told: string[] = [];
      for (let guess = 0; guess < 12; guess++) told.push(await tell(address, "wrong", ip));
      return told;
    };
    expect(await tries(nobody, "198.51.100.4")).toEqual(await tries(email, "198.51.100.3"));
  });

  it("from many places meets a wall of the account's, which does not keep its owner out", async () => {
    const email = await newcomer();
    const told: string[] = [];
    for (let place = 0; place < 35; place++) told.push(await tell(email, "wrong", `203.0.113.${place}`));
    expect(told.filter((reason) => reason === "invalid_credentials")).toHaveLength(30);
    expect(await tell(email, password, "203.0.113.200")).toBe("rate_limited");
    expect(await tell(email, password, home.ip)).toBe("in");
  });

  it("of many accounts from one place meets a wall as well", async () => {
    const told: string[] = [];
    const { limit, key } = counts.guessesFromOnePlace("198.51.100.5");
    await scene.auth.limits.take(limit, key, limit.points - 20);
    for (let guess = 0; guess < 21; guess++) told.push(await tell(`nobody-${guess}@example.com`, "wrong", "198.51.100.5"));
    expect(told.indexOf("rate_limited")).toBe(20);
  });

  it("does not take forty tabs of one person for a guesser", async () => {
    const email = await newcomer();
    const told = await Promise.all(Array.from({ length: 40 }, () => tell(email, password, home.ip)));
    expect(new Set(told)).toEqual(new Set(["in"]));
  });

  it("costs those nothing who are right", async () => {
    const email = await newcomer();
    for (let time = 0; time < 12; time++) expect(await tell(email, password, "198.51.100.6")).toBe("in");
    for (let slip = 0; slip < 9; slip++) await tell(email, "wrong", "198.51.100.6");
    expect(await tell(email, password, "198.51.100.6")).toBe("in");
    for (let slip = 0; slip < 9; slip++) expect(await tell(email, "wrong", "198.51.100.6")).toBe("invalid_credentials");
  });
});

describe("signing up", () => {
  it("has an end for one place in an hour", async () => {
    const deps = { ...scene.auth, passwords: { ...scene.auth.passwords, hash: async () => "$2b$04$none" } };
    const email = await newcomer();
    const again = () => signUp(deps, { email, password, name: "Ada" }, from("198.51.100.9"));
    const { limit, key } = counts.signUps("198.51.100.9");
    await scene.auth.limits.take(limit, key, limit.points - 2);
    for (let time = 0; time < 2; time++) await expect(again()).rejects.toMatchObject({ reason: "email_taken" });
    await expect(again()).rejects.toMatchObject({ reason: "rate_limited" });
  });
});

describe("a place on the network", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:db8:0:0:1:2:3:4", "2001:db8:0:0"],
    ["2001:0db8:0000:0001::", "2001:db8:0:1"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ])("of %s is %s", (ip, network) => expect(networkOf(ip)).toBe(network));
});
