import { describe, expect, it } from "vitest";
import { questionLikeness, readQuestion, sameQuestionMin, standsAlone, topicLikeness } from "./same-question.ts";

const likeness = (one: string, other: string, meaning: number | null = null) =>
  questionLikeness(readQuestion(one), readQuestion(other), meaning);

describe("two questions ask the same", () => {
  it.each([
    ["How do I get refunds?", "how do i get refunds"],
    ["Where is my invoice?", "  WHERE   is my invoice ??  "],
    ["Ｗｈｅｒｅ is my invoice?", "Where is my invoice?"],
  ])("for certain when only case, width and punctuation differ: %s", (one, other) => {
    expect(likeness(one, other)).toBe(1);
  });

  it.each([
    ["How do I delete entries from my GitHub Activity Feed?", "Deleting entries of the github activity feed"],
    ["How can I change my billing address?", "I'd like to change the billing address, how?"],
    ["How do I reset my password?", "resetting the password"],
    ["Wie kann ich meine Rechnung herunterladen?", "Meine Rechnung herunterladen, wie geht das?"],
    ["我忘记了密码怎么办", "我忘记了密码，怎么办？"],
  ])("when they have the same telling words: %s", (one, other) => {
    expect(likeness(one, other)).toBeGreaterThanOrEqual(sameQuestionMin);
  });

  it.each([
    ["one thing for another", "How do I link to a point in a YouTube video?", "How do I link to a point in a Vimeo video?"],
    ["the opposite", "How do I enable two-factor authentication?", "How do I disable two-factor authentication?"],
    ["the opposite, by a filler", "How do I start my subscription?", "How do I cancel my subscription?"],
    ["a not", "Why can I log in to my account?", "Why can't I log in to my account?"],
    ["a not, in German", "Warum wird meine Karte belastet?", "Warum wird meine Karte nicht belastet?"],
    ["another number", "Does the warranty last 2 years?", "Does the warranty last 5 years?"],
    ["with for without", "Can I return shoes with the receipt?", "Can I return shoes without the receipt?"],
    ["before for after", "Can I change my order before shipping?", "Can I change my order after shipping?"],
    ["the same subject, another wish", "How do I change my delivery address?", "How long does delivery take?"],
    ["nothing in common", "How do I reset my password?", "Do you ship to Canada?"],
  ])("not when one has %s", (_, one, other) => {
    expect(likeness(one, other)).toBeLessThan(sameQuestionMin);
    // However near a model's vectors say that they are, what was exchanged is not the same.
    if (!_.startsWith("the same subject") && !_.startsWith("nothing")) expect(likeness(one, other, 0.99)).toBe(0);
  });

  it("more surely when a model's vectors say so too, and no less when they don't", () => {
    const [one, other] = ["How do I get refunds for my order?", "refunds of an order that arrived late"];
    const words = likeness(one, other);
    expect(words).toBeGreaterThan(0);
    expect(likeness(one, other, 0.95)).toBeGreaterThan(words);
    expect(likeness(one, other, 0.1)).toBe(words);
  });

  it("whichever comes first", () => {
    const [one, other] = ["How do I get refunds for my order?", "refunds of an order"];
    expect(likeness(one, other)).toBeCloseTo(likeness(other, one));
  });

  it("never for texts without words", () => {
    expect(likeness("?!", "…")).toBeLessThan(sameQuestionMin);
    expect(likeness("🎉", "🎉🎉")).toBeLessThan(sameQuestionMin);
  });
});

describe("two questions are about the same", () => {
  it("also when one asks for the opposite: they go on one pile", () => {
    const [one, other] = [readQuestion("How do I enable two-factor login?"), readQuestion("How do I disable two-factor login?")];
    expect(topicLikeness(one, other)).toBeGreaterThan(0.5);
    expect(topicLikeness(one, readQuestion("Do you ship to Canada?"))).toBeLessThan(0.2);
  });
});

describe("a question stands alone", () => {
  it.each([
    ["How do I reset my password?", true],
    ["Is there any way to export the invoices of last year as a spreadsheet?", true],
    ["我忘记了密码怎么办", true],
    ["Can I cancel it?", false],
    ["And for premium?", false],
    ["How long does it take to ship them?", false],
    ["Why?", false],
    ["", false],
  ])("%s: %s", (question, alone) => {
    expect(standsAlone(question)).toBe(alone);
  });
});
