import { importInput } from "@axon/contracts/inbox";
import { describe, expect, it } from "vitest";
import { batchesOf } from "./scale.ts";
import { type TalkSetting, talkOf } from "./talks.ts";

const uuid = (at: number) => `0190a000-0000-7000-8000-${String(at).padStart(12, "0")}`;
const setting: TalkSetting = {
  ...{ seed: 1, agentIds: [uuid(1), uuid(2)], channelIds: [undefined, uuid(3)], memberIds: [uuid(4)] },
  untilMs: Date.parse("2026-11-01T00:00:00Z"),
};

describe("a made-up year of conversations", () => {
  it("fits what an import takes, call by call, and is as large as was asked", () => {
    const batches = [...batchesOf(setting, 2_500, 20_000)];
    expect(batches.every((conversations) => importInput.safeParse({ conversations }).success)).toBe(true);
    const all = batches.flat();
    const messages = all.reduce((sum, talk) => sum + talk.messages.length, 0);
    expect(messages).toBeGreaterThanOrEqual(20_000);
    expect(messages).toBeLessThan(20_020);
    expect(new Set(all.map(({ externalId }) => externalId)).size).toBe(all.length);
    expect(batches.length).toBeLessThan(20);
  });

  it("is the same for the same seed, and another for another", () => {
    const made = (seed: number) => Array.from({ length: 40 }, (_, number) => talkOf({ ...setting, seed }, number, 100));
    expect(made(1)).toEqual(made(1));
    expect(made(2).map(({ messages }) => messages[0]?.text)).not.toEqual(made(1).map(({ messages }) => messages[0]?.text));
  });

  it("has all kinds of conversations, in order of time, none of them in the future", () => {
    const all = Array.from({ length: 2_000 }, (_, number) => talkOf(setting, number, 2_000));
    const kinds = <Key extends keyof (typeof all)[number]>(key: Key) => new Set(all.map((talk) => talk[key]));
    expect([kinds("status").size, kinds("handler").size, kinds("priority").size, kinds("agentId").size, kinds("channelId").size]).toEqual([
      3, 2, 4, 2, 2,
    ]);
    expect(new Set(all.flatMap(({ tags }) => tags)).size).toBeGreaterThan(4);
    const times = all.flatMap(({ createdAt, messages }) => [createdAt, ...messages.map(({ at }) => at)]);
    expect(times.every((at) => Date.parse(at) <= setting.untilMs)).toBe(true);
    for (const { messages } of all) expect(messages.map(({ at }) => at)).toEqual(messages.map(({ at }) => at).toSorted());
    expect(all[0]?.messages[0]?.text).not.toMatch(/[{}]/);
  });
});
