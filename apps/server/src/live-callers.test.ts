import type { CallerState, LiveCaller } from "@axon/db/callers";
import { afterEach, describe, expect, it } from "vitest";
import { createLiveCallers, type LiveCallers } from "./live-callers.ts";

const good: CallerState = { good: true, role: "member", scopes: null };
let callers: LiveCallers;
afterEach(() => callers.close());

function setUp(everyMs = 5) {
  const states = new Map<string, CallerState | "broken">();
  const asked: LiveCaller[][] = [];
  const errors: unknown[] = [];
  callers = createLiveCallers({
    everyMs,
    onError: (error) => void errors.push(error),
    read: async (live) => {
      asked.push([...live]);
      return live.map(({ id }) => {
        const state = states.get(id) ?? good;
        if (state === "broken") throw new Error("the database is away");
        return state;
      });
    },
  });
  const ends: string[] = [];
  const watch = (id: string, permission: "agents.write" | "agents.read" | null = "agents.read", expiresAtMs: number | null = null) =>
    callers.watch({
      caller: { kind: "session", id, workspaceId: "w" },
      permission,
      expiresAtMs,
      onEnd: ({ reason }) => void ends.push(`${id} ${permission ?? "socket"} ${reason}`),
    });
  return { states, asked, errors, ends, watch };
}

describe("looking after live callers", () => {
  it("ends exactly what a caller may not have any longer, once", async () => {
    const { states, ends, watch } = setUp();
    for (const id of ["revoked", "removed", "demoted", "narrowed", "fine"]) {
      watch(id, "agents.write");
      watch(id, "agents.read");
      watch(id, null);
    }
    states.set("revoked", { good: false, role: null, scopes: null });
    states.set("removed", { ...good, role: null });
    states.set("demoted", { ...good, role: "viewer" });
    states.set("narrowed", { ...good, scopes: ["agents.read"] });
    await expect.poll(() => ends.length).toBe(7);
    expect(ends.toSorted()).toEqual([
      "demoted agents.write forbidden",
      "narrowed agents.write forbidden",
      "removed agents.read not_a_member",
      "removed agents.write not_a_member",
      "revoked agents.read unauthorized",
      "revoked agents.write unauthorized",
      "revoked socket unauthorized",
    ]);
  });

  it("asks for each caller once, however many streams it has", async () => {
    const { asked, watch } = setUp();
    for (let stream = 0; stream < 50; stream++) watch(stream % 2 ? "a" : "b");
    await expect.poll(() => asked.length).toBeGreaterThan(0);
    expect(asked[0]?.map(({ id }) => id).toSorted()).toEqual(["a", "b"]);
  });

  it("tells an expired token from an ended session, also while the database is away", async () => {
    const { states, ends, errors, watch } = setUp();
    states.set("other", "broken");
    watch("other");
    watch("late", "agents.read", Date.now() + 30);
    await expect.poll(() => ends).toEqual(["late agents.read token_expired"]);
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    states.set("other", { ...good, role: null });
    await expect.poll(() => ends.length).toBe(2);
  });

  it("looks at once when it is told to, and again for what it was told meanwhile", async () => {
    const { states, ends, asked, watch } = setUp(60_000);
    watch("a");
    callers.look();
    states.set("a", { ...good, role: null }); // After the reading has begun.
    callers.look();
    await expect.poll(() => ends).toEqual(["a agents.read not_a_member"]);
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  it("asks nothing while nobody is there", async () => {
    const { asked, watch } = setUp();
    watch("a")();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([]);
  });
});
