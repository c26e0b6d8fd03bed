import type { AskOutput } from "@axon/contracts/answers";
import { describe, expect, it } from "vitest";
import { renderAnswer, renderConfidence, renderSources, shorten } from "./render.ts";
import { createStyle } from "./style.ts";

const plain = createStyle(false);
const citation = {
  index: 1,
  documentId: "d",
  title: "returns-and-refunds.md",
  chunkId: "c",
  quote: "You can return most items\nwithin 45 days of delivery.",
};
function output(given: Partial<AskOutput>, handoffReason: AskOutput["trace"]["handoffReason"] = null): AskOutput {
  const trace: AskOutput["trace"] = {
    provider: "local",
    model: "extractive",
    agentVersion: 1,
    promptHash: null,
    hits: [],
    tokens: { prompt: 0, completion: 0, estimated: true },
    stagesMs: {},
    confidence: { value: 0, model: "m", inputs: {} },
    citationsRemoved: 0,
    handoffReason,
    error: null,
  };
  return { answer: "Within 45 days [1].", action: "answer", citations: [citation], confidence: 0.874, trace, ...given };
}

describe("an answer on the terminal", () => {
  it("is the text, then each source with the words it was cited for, then the confidence", () => {
    expect(renderAnswer(output({}), plain)).toBe(
      [
        "Within 45 days [1].",
        "",
        "[1] returns-and-refunds.md",
        "    “You can return most items within 45 days of delivery.”",
        "",
        "confidence █████████░ 87 %",
      ].join("\n"),
    );
  });

  it("says that a person would be asked, and why", () => {
    const text = renderAnswer(
      output({ answer: "I've asked a colleague.", action: "handoff", citations: [], confidence: 0.05 }, "no_knowledge"),
      plain,
    );
    expect(text).toContain("would be handed to a person: nothing in the documents answers this");
    expect(text).not.toContain("[1]");
  });

  it("has no escape codes without colours and some with them", () => {
    expect(renderSources([citation], plain).join("")).not.toContain("\u001b");
    expect(renderSources([citation], createStyle(true)).join("")).toContain("\u001b[36m[1]");
  });

  it("never draws a confidence beyond its bar", () => {
    expect(renderConfidence(1.7, plain)).toBe("confidence ██████████ 100 %");
    expect(renderConfidence(-1, plain)).toBe("confidence ░░░░░░░░░░ 0 %");
  });

  it("cuts a long quote at a word", () => {
    expect(shorten("one two  three\nfour five", 14)).toBe("one two three…");
    expect(shorten("short", 14)).toBe("short");
  });
});
