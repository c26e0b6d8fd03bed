import { createWorkspaceLoad } from "@axon/api/workspace-load";
import type { Limits } from "@axon/contracts/limits";
import { createMemoryLimits } from "@axon/limits/memory";
import { describe, expect, it } from "vitest";

const numbers = { callsPerMinute: 4, concurrentCalls: 2, concurrentModelCalls: 1, streams: 1 };
const refused = { reason: "rate_limited", details: { retryAfterMs: expect.any(Number) } };

describe("what a workspace may ask", () => {
  it("is not used up by its visitors, nor theirs by those who work there", async () => {
    const load = createWorkspaceLoad(createMemoryLimits(), numbers);
    for (let visit = 0; visit < 4; visit++) (await load.call("w", "visitor"))();
    await expect(load.call("w", "visitor")).rejects.toMatchObject(refused);
    for (let call = 0; call < 4; call++) (await load.call("w", "plain"))();
    await expect(load.call("w", "plain")).rejects.toMatchObject(refused);
    (await load.call("another", "visitor"))();
  });

  it("has rooms of its own for the calls and the streams of visitors", async () => {
    const load = createWorkspaceLoad(createMemoryLimits(), { ...numbers, callsPerMinute: 100 });
    for (let visit = 0; visit < 2; visit++) await load.call("w", "visitor");
    await expect(load.call("w", "visitor")).rejects.toMatchObject(refused);
    const leave = await load.call("w", "plain");
    leave();
    await load.stream("w", "visitor");
    await expect(load.stream("w", "visitor")).rejects.toMatchObject(refused);
    (await load.stream("w", "member"))();
  });

  it("keeps a place for the next caller, gives it back when nobody comes, and never holds more than the room", async () => {
    const limits = createMemoryLimits();
    let entered = 0;
    const counting: Limits = {
      ...limits,
      enter: (...asked) => {
        entered += 1;
        return limits.enter(...asked);
      },
    };
    const wide = { ...numbers, callsPerMinute: 1_000, concurrentCalls: 8 };
    const [here, there] = [createWorkspaceLoad(counting, wide), createWorkspaceLoad(limits, wide)];
    for (let call = 0; call < 20; call++) (await here.call("w", "plain"))();
    expect(entered).toBe(1);
    const inside = await Promise.all(Array.from({ length: 7 }, () => there.call("w", "plain")));
    await expect(there.call("w", "plain")).rejects.toMatchObject(refused); // One place is kept elsewhere.
    await expect.poll(() => there.call("w", "plain").then(Boolean, () => false), { timeout: 10_000 }).toBe(true);
    await expect(here.call("w", "plain")).rejects.toMatchObject(refused);
    for (const leave of inside) leave();
  });
});
