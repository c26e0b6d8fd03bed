import { describe, expect, it } from "vitest";
import { saysFact, waysOf } from "./golden-match.ts";
import { judgeGolden } from "./judge-golden.ts";

describe("an answer says a fact", () => {
  it.each([
    ["You have thirty days.", "thirty days"],
    ["You have THIRTY\n  days!", "Thirty days"],
    ["It costs 1,000 dollars", "1000 dollars"],
    ["Es kostet 1.000 Dollar", "1,000"],
    ["Il coûte 1 000 €", "1000 €"],
    ["Es kostet 1'000 Franken", "1000"],
    ["It costs 1,234.50", "1234.5"],
    ["Es kostet 1.234,50", "1,234.50"],
    ["The fee is 2,50", "2.5"],
    ["Dose: 0.125 mg", "0,125"],
    ["A fee of 30 % applies", "30%"],
    ["رسوم ١٠٠٠ دولار", "1000"],
    ["费用是三十天内退款", "三十天"],
    ["On 24.12.2026 we are closed", "24.12.2026"],
    ["It's the customer’s choice", "customer's choice"],
    ["You have a month to return it", "30 days|a month|four weeks"],
    ["ｔｈｉｒｔｙ days", "thirty"],
  ])("%s ⊇ %s", (text, fact) => {
    expect(saysFact(text, fact)).toBe(true);
  });

  it.each([
    ["You have thirteen days.", "thirty days"],
    ["It costs 10,000 dollars", "1000"],
    ["It costs 1,000 dollars", "100"],
    ["It costs 1.5 dollars", "15"],
    ["thirty working days", "thirty days"],
    ["refundable", "refund"],
    ["a month", "30 days | four weeks"],
    ["", "thirty"],
    ["anything", "|"],
  ])("%s ⊉ %s", (text, fact) => {
    expect(saysFact(text, fact)).toBe(false);
  });

  it("only by ways that hold a word or a number", () => {
    expect(waysOf("30 days| | … |a month")).toEqual(["30 days", "a month"]);
  });
});

describe("a golden question", () => {
  const wanted = { expect: "answer" as const, facts: ["30 days", "receipt"], forbidden: ["60 days"] };
  const outcome = (text: string) => ({ action: "answer" as const, text, reason: null });
  const handedOver = (reason: "low_confidence" | "ai_error") => ({ action: "handoff" as const, text: "", reason });

  it("is passed when every fact is said and nothing forbidden", () => {
    expect(judgeGolden(wanted, outcome("Within 30 days, with the receipt."))).toEqual([]);
  });

  it("names each fact that is missing and each word that must not be there", () => {
    expect(judgeGolden(wanted, outcome("Within 60 days."))).toEqual([
      { kind: "fact_missing", detail: "30 days" },
      { kind: "fact_missing", detail: "receipt" },
      { kind: "forbidden", detail: "60 days" },
    ]);
  });

  it("that must be answered is not passed by handing over, nor the other way round", () => {
    const kept = { expect: "handoff" as const, facts: [], forbidden: [] };
    expect(judgeGolden(wanted, handedOver("low_confidence"))).toMatchObject([{ kind: "not_answered", detail: "low_confidence" }]);
    expect(judgeGolden(kept, handedOver("low_confidence"))).toEqual([]);
    expect(judgeGolden(kept, outcome("Sure!"))).toMatchObject([{ kind: "answered" }]);
  });

  it("is passed by no outage, not even one that was to be handed over", () => {
    expect(judgeGolden({ expect: "handoff", facts: [], forbidden: [] }, handedOver("ai_error"))).toMatchObject([{ kind: "error" }]);
  });
});
