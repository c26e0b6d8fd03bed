import { conversationStatuses } from "@axon/contracts/conversations";
import { describe, expect, it } from "vitest";
import { Refusal } from "../errors.ts";
import { requireTransition, wakesAs } from "./status-rules.ts";

const pairs = conversationStatuses.flatMap((from) => conversationStatuses.map((to) => [from, to] as const));
const legal = [
  ["open", "pending"],
  ["open", "snoozed"],
  ["open", "resolved"],
  ["pending", "open"],
  ["pending", "snoozed"],
  ["pending", "resolved"],
  ["snoozed", "open"],
  ["snoozed", "pending"],
  ["snoozed", "resolved"],
  ["resolved", "open"],
];

describe("the status of a conversation", () => {
  it.each(pairs)("from %s to %s is legal, or refused with both names", (from, to) => {
    const isLegal = from === to || legal.some(([one, other]) => one === from && other === to);
    if (isLegal) return expect(() => requireTransition(from, to)).not.toThrow();
    expect(() => requireTransition(from, to)).toThrow(
      expect.objectContaining({
        reason: "invalid_state",
        message: expect.stringMatching(new RegExp(`${from}.*${to}`)),
        details: { from, to },
      }),
    );
    expect(() => requireTransition(from, to)).toThrow(Refusal);
  });

  it("after sleep is pending only where a promised person has not come", () => {
    const promised = { handler: "ai", handoffReason: "customer_asked", waitingSince: "2026-01-01T00:00:00.000Z" } as const;
    expect(wakesAs(promised)).toBe("pending");
    expect(wakesAs({ ...promised, waitingSince: null })).toBe("open");
    expect(wakesAs({ ...promised, handler: "member" })).toBe("open");
    expect(wakesAs({ ...promised, handoffReason: null })).toBe("open");
  });
});
