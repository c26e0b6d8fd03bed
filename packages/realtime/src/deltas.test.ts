import type {} from "@axon/testing/global-setup";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, it } from "vitest";
import { type DeltaBuffer, piecesMax } from "./deltas.ts";
import { createMemoryDeltas } from "./memory-deltas.ts";
import { createRedisDeltas } from "./redis-deltas.ts";

const redisUrl = inject("testRedisUrl");
const redis = new Redis(redisUrl ?? "", { lazyConnect: true });
afterAll(() => redis.disconnect());
const prefix = `axon-test-${crypto.randomUUID()}:`;
const someReply = () => ({ workspaceId: crypto.randomUUID(), conversationId: crypto.randomUUID(), replyId: crypto.randomUUID() });

const kinds: [string, boolean, () => DeltaBuffer][] = [
  ["memory", true, () => createMemoryDeltas()],
  ["Redis", redisUrl !== null, () => createRedisDeltas({ redis, prefix, keptMs: 30_000 })],
];

for (const [name, available, create] of kinds) {
  describe.skipIf(!available)(`the delta buffer in ${name}`, () => {
    it("gives back from any place what was put in", async () => {
      const buffer = create();
      const reply = someReply();
      expect(await buffer.append(reply, 0, ["In ", "30 "])).toBe(2);
      expect(await buffer.append(reply, 2, ["days 👋"])).toBe(3);
      expect([await buffer.read(reply, 0), await buffer.read(reply, 2)]).toEqual([["In ", "30 ", "days 👋"], ["days 👋"]]);
      expect([await buffer.read(reply, 3), await buffer.read(reply, 999)]).toEqual([[], []]);
    });

    it("takes a piece once, however often and however at once it is sent", async () => {
      const buffer = create();
      const reply = someReply();
      await Promise.all(Array.from({ length: 20 }, () => buffer.append(reply, 0, ["a", "b"])));
      expect(await buffer.append(reply, 1, ["b", "c"])).toBe(3);
      expect(await buffer.read(reply, 0)).toEqual(["a", "b", "c"]);
    });

    it("takes nothing beyond a hole and says where to begin", async () => {
      const buffer = create();
      const reply = someReply();
      expect(await buffer.append(reply, 3, ["d"])).toBe(0);
      await buffer.append(reply, 0, ["a"]);
      expect(await buffer.append(reply, 3, ["d"])).toBe(1);
      expect(await buffer.read(reply, 0)).toEqual(["a"]);
    });

    it("finds nothing under another workspace or conversation", async () => {
      const buffer = create();
      const reply = someReply();
      await buffer.append(reply, 0, ["secret"]);
      const { workspaceId, conversationId } = someReply();
      expect(await buffer.read({ ...reply, workspaceId }, 0)).toEqual([]);
      expect(await buffer.read({ ...reply, conversationId }, 0)).toEqual([]);
    });

    it("is full at its limit", async () => {
      const buffer = create();
      const reply = someReply();
      const many = Array.from({ length: piecesMax + 5 }, () => "x");
      expect(await buffer.append(reply, 0, many)).toBe(piecesMax);
      expect(await buffer.append(reply, piecesMax, ["y"])).toBe(piecesMax);
      expect(await buffer.read(reply, 0)).toHaveLength(piecesMax);
    });
  });
}

describe("the delta buffer's memory", () => {
  it("forgets a reply ten minutes after its last piece", async () => {
    let nowMs = 0;
    const buffer = createMemoryDeltas({ nowMs: () => nowMs });
    const reply = someReply();
    await buffer.append(reply, 0, ["a"]);
    nowMs = 9 * 60_000;
    await buffer.append(reply, 1, ["b"]);
    nowMs = 18 * 60_000;
    expect(await buffer.read(reply, 0)).toEqual(["a", "b"]);
    nowMs = 19 * 60_000;
    expect(await buffer.read(reply, 0)).toEqual([]);
    expect(await buffer.append(reply, 2, ["c"])).toBe(0); // The writer is asked for all of it again.
  });

  it("keeps the latest replies when there is no room for all", async () => {
    const buffer = createMemoryDeltas({ charsMax: 30 });
    const [first, second, third] = [someReply(), someReply(), someReply()];
    await buffer.append(first, 0, ["0123456789"]);
    await buffer.append(second, 0, ["0123456789"]);
    await buffer.append(first, 1, ["0123456789"]); // Now the second has been quiet longest.
    await buffer.append(third, 0, ["0123456789"]);
    expect(await Promise.all([first, second, third].map(async (reply) => (await buffer.read(reply, 0)).length))).toEqual([2, 0, 1]);
  });

  it.skipIf(!redisUrl)("is given back by Redis too", async () => {
    const reply = someReply();
    await createRedisDeltas({ redis, prefix }).append(reply, 0, ["a"]);
    const keptMs = await redis.pttl(`${prefix}deltas:${reply.workspaceId}:${reply.conversationId}:${reply.replyId}`);
    expect(keptMs).toBeGreaterThan(8 * 60_000);
    expect(keptMs).toBeLessThanOrEqual(10 * 60_000);
  });
});
