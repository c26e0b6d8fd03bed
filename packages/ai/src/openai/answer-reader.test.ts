import { describe, expect, it } from "vitest";
import { createAnswerReader } from "./answer-reader.ts";

/** Reads `raw` cut into pieces of `size` UTF-16 units. */
function read(raw: string, size = raw.length || 1) {
  const reader = createAnswerReader();
  const parts = [];
  for (let start = 0; start < raw.length; start += size) parts.push(...reader.push(raw.slice(start, start + size)));
  const text = parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
  const action = parts.find((part) => part.type === "action");
  return { parts, text, action: action?.type === "action" ? action.action : null, complete: reader.complete(), broken: reader.broken() };
}

describe("reading a structured answer while it is written", () => {
  const nasty = 'Größe "quoted" \\ back/slash\nline\ttab \u0001 日本語 👍🏽 𝒳 }] , : {"action":"handoff"}';

  it("gives the same text however the stream is cut", () => {
    const raws = [
      JSON.stringify({ action: "answer", answer: nasty }),
      JSON.stringify({ action: "answer", answer: nasty }).replace(
        /[^\x20-\x7e]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
      JSON.stringify({ action: "answer", answer: nasty }, null, 2),
      `\`\`\`json\n${JSON.stringify({ action: "answer", answer: nasty })}\n\`\`\``,
      JSON.stringify({ note: { deep: ["}", '"', 1] }, action: "answer", score: 0.5, answer: nasty, more: null }),
    ];
    for (const raw of raws) {
      for (const size of [1, 2, 3, 7, raw.length]) expect(read(raw, size)).toMatchObject({ text: nasty, action: "answer", complete: true });
    }
  });

  it("gives text before the answer is finished", () => {
    const reader = createAnswerReader();
    expect(reader.push('{"action":"answer","answer":"Thirty')).toEqual([
      { type: "action", action: "answer" },
      { type: "text", text: "Thirty" },
    ]);
    expect(reader.push(" days")).toEqual([{ type: "text", text: " days" }]);
    expect(reader.complete()).toBe(false);
  });

  it("never gives half of a character", () => {
    const { parts } = read('{"action":"answer","answer":"a\\ud83d\\udc4db"}', 1);
    for (const part of parts) if (part.type === "text") expect(part.text).not.toMatch(/^\p{Surrogate}$/u);
    expect(read('{"action":"answer","answer":"a\\ud83db"}').text).toBe("a\ufffdb");
    expect(read('{"action":"answer","answer":"a\\udc4d"}').text).toBe("a\ufffd");
  });

  it("shows nothing before the action is known", () => {
    expect(read('{"answer":"Thirty days","action":"answer"}', 1)).toMatchObject({ text: "Thirty days", action: "answer", complete: true });
    expect(read('{"answer":"Thirty days"').text).toBe("");
  });

  it("shows nothing of an output that is not the object we asked for", () => {
    for (const raw of [
      "Thirty days.",
      "[1,2]",
      '{"action":"refund","answer":"x"}',
      '"action"',
      "",
      "{",
      '{"action" "answer"}',
      "<html>",
      "null",
    ]) {
      expect(read(raw, 1)).toMatchObject({ text: "", complete: false });
    }
  });

  it("is not complete when something is missing, is not a string, or follows", () => {
    expect(read('{"action":"answer"}').complete).toBe(false);
    expect(read('{"action":"answer","answer":null}')).toMatchObject({ complete: false, text: "" });
    expect(read('{"action":"answer","answer":"x"').complete).toBe(false);
    expect(read('{"action":"answer","answer":"x"} trailing').complete).toBe(false);
    expect(read('{"action":"answer","answer":"bad \\q escape"}').complete).toBe(false);
  });

  it("stops reading an answer that never ends", () => {
    const reader = createAnswerReader();
    reader.push('{"action":"answer","answer":"');
    for (let index = 0; index < 30; index += 1) reader.push("x".repeat(10_000));
    expect(reader.broken()).toBe(true);
  });
});
