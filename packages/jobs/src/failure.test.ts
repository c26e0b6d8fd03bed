import { describe, expect, it } from "vitest";
import { classOf, waitMsAfter } from "./failure.ts";
import { laneOf } from "./lanes.ts";

const failed = (fields: object) => Object.assign(new Error("x"), fields);

describe("what a failure means", () => {
  it.each([
    ["nothing it says of itself", {}, "transient"],
    ["a vendor that is away", { name: "AiError", code: "unavailable", retryable: true }, "transient"],
    ["a vendor that asks for patience", { name: "AiError", code: "rate_limited", retryable: true }, "rate_limited"],
    ["an answer of 429", { status: 429 }, "rate_limited"],
    ["a wrong key", { name: "AiError", code: "auth", retryable: false, retryAfterMs: null }, "permanent"],
    ["a page that is not there", { name: "WebError", transient: false }, "permanent"],
    ["a refusal, even one about a limit", { name: "Refusal", reason: "rate_limited", details: { retryAfterMs: 5 } }, "refused"],
    ["the clock", { code: "job_timed_out" }, "timed_out"],
    ["a worker that closes", { code: "job_given_back" }, "given_back"],
  ])("%s", (_, fields, kind) => {
    expect(classOf(failed(fields)).class).toBe(kind);
  });

  it("of what is no error at all is that it may pass", () => {
    for (const thrown of [undefined, null, "words", 7, { retryAfterMs: Number.NaN }]) expect(classOf(thrown).class).toBe("transient");
  });
});

describe("the wait before another try", () => {
  const spec = { backoffMs: 1_000 };

  it("is any part of one that doubles, up to five minutes", () => {
    const longest = [1, 2, 3, 8, 9, 30].map((attempt) => waitMsAfter(failed({}), attempt, spec, 0.999_999));
    expect(longest).toEqual([1_000, 2_000, 4_000, 128_000, 256_000, 300_000]);
    expect(waitMsAfter(failed({}), 5, spec, 0)).toBe(0);
    expect(waitMsAfter(failed({}), 5, spec, 0.5)).toBe(8_000);
  });

  it("is never shorter than what was asked for, and not in step with others", () => {
    const asked = failed({ code: "rate_limited", retryAfterMs: 7_000 });
    expect([0, 0.5, 1].map((random) => waitMsAfter(asked, 1, spec, random))).toEqual([7_000, 7_700, 8_400]);
    expect(waitMsAfter(failed({ retryAfterMs: 86_400_000 }), 1, spec, 0)).toBe(900_000);
  });

  it("is longer for who is asked for patience without a time", () => {
    expect(waitMsAfter(failed({ code: "rate_limited" }), 1, spec, 0.999_999)).toBe(4_000);
  });
});

describe("the lane of a job", () => {
  it("is the first for a workspace with little, and each further one holds twice as many", () => {
    expect([0, 7, 8, 15, 16, 31, 32, 9_999].map(laneOf)).toEqual([0, 0, 1, 1, 2, 2, 3, 11]);
    expect(laneOf(Number.MAX_SAFE_INTEGER)).toBe(16);
  });
});
