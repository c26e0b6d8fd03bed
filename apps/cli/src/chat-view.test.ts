import type { Message } from "@axon/contracts/conversations";
import type { EventBody, StreamEvent } from "@axon/contracts/events";
import { describe, expect, it } from "vitest";
import { createChatView } from "./chat-view.ts";
import { createStyle } from "./style.ts";
import { at, logged } from "./testing/doubles.ts";

const ids = { conversationId: "c", replyId: "r", turnId: "t" };
const started = logged({ type: "reply.started", ...ids });
const delta = (index: number, text: string, replyId = "r"): StreamEvent => ({
  type: "reply.delta",
  id: "e",
  at,
  workspaceId: "w",
  conversationId: "c",
  replyId,
  index,
  text,
});
const completed = (text: string) => logged({ type: "reply.completed", ...ids, messageId: "m", text, confidence: 0.9 });
function message(given: Partial<Message>): StreamEvent {
  const whole: Message = {
    id: "m",
    conversationId: "c",
    seq: 2,
    author: { kind: "ai", name: "Pip" },
    text: "",
    visibility: "public",
    attachments: [],
    citations: [],
    confidence: 0.9,
    createdAt: at,
    ...given,
  };
  return logged({ type: "message.created", conversationId: "c", message: whole });
}
const superseded = (reason: Extract<EventBody, { type: "reply.superseded" }>["reason"]) =>
  logged({ type: "reply.superseded", ...ids, reason });
const citation = { index: 1, documentId: "d", title: "shipping.md", chunkId: "k", quote: "Standard €4.90" };

function show(events: readonly StreamEvent[]) {
  const view = createChatView("Pip", createStyle(false));
  view.sent();
  return { view, text: events.map((event) => view.on(event)).join("") };
}

describe("a chat on the terminal", () => {
  it("prints the tokens as they come, then sources and confidence, and the text only once", () => {
    const { view, text } = show([
      started,
      delta(0, "From "),
      delta(1, "€4.90 [1]."),
      message({ text: "From €4.90 [1].", citations: [citation] }),
      completed("From €4.90 [1]."),
    ]);
    expect(text).toBe("Pip › From €4.90 [1].\n  [1] shipping.md\n      “Standard €4.90”\n  confidence █████████░ 90 %\n");
    expect(view.waiting()).toBe(false);
  });

  it("waits until the reply is complete, whichever of its last events comes first", () => {
    const before = show([started, delta(0, "Yes."), message({ text: "Yes." })]);
    expect(before.view.waiting()).toBe(true);
    const after = show([started, delta(0, "Yes."), completed("Yes.")]);
    expect(after.view.waiting()).toBe(true);
    expect(after.view.on(message({ text: "Yes." }))).toBe("\n  confidence █████████░ 90 %\n");
    expect(after.view.waiting()).toBe(false);
  });

  it("prints a piece once though it came twice", () => {
    expect(show([started, delta(0, "a"), delta(0, "a"), delta(1, "b")]).text).toBe("Pip › ab");
  });

  it("prints the whole text when nothing was streamed", () => {
    expect(show([started, message({ text: "No." }), completed("No.")]).text).toContain("Pip › No.\n");
  });

  it("prints the stored text again when it is not what was streamed", () => {
    expect(show([started, delta(0, "Yes [9]."), message({ text: "Yes." }), completed("Yes.")]).text).toBe(
      "Pip › Yes [9].\nPip › Yes.\n  confidence █████████░ 90 %\n",
    );
  });

  it("says that a reply is withdrawn and prints the new one after it", () => {
    const { view, text } = show([
      started,
      delta(0, "Half an"),
      superseded("restarted"),
      logged({ type: "reply.started", ...ids, replyId: "r2" }),
      delta(0, "Whole.", "r2"),
      message({ text: "Whole." }),
      completed("Whole."),
    ]);
    expect(text).toContain("Pip › Half an\n· the reply above is withdrawn: it starts again\nPip › Whole.\n");
    expect(view.waiting()).toBe(false);
  });

  it("says nothing of a withdrawn reply that nobody saw", () => {
    expect(show([started, superseded("newer_message")]).text).toBe("");
  });

  it("takes an unsure reply back, gives the fallback once, and says that a person was asked for", () => {
    const failed = logged({ type: "reply.failed", ...ids, reason: "low_confidence" });
    const handoff = logged({ type: "handoff.requested", conversationId: "c", turnId: "t", reason: "low_confidence", confidence: 0.2 });
    const { view, text } = show([
      started,
      delta(0, "Perhaps"),
      failed,
      message({ text: "A colleague will help.", confidence: 0.2 }),
      handoff,
    ]);
    expect(text).toBe(
      "Pip › Perhaps\n· the reply above is withdrawn: it is not sure enough of its answer\nPip › A colleague will help.\n  confidence ██░░░░░░░░ 20 %\n· a person was asked for: it is not sure enough of its answer\n",
    );
    expect(view.waiting()).toBe(false);
  });

  it("waits no longer when a person takes over, and shows what the person writes", () => {
    const takeOver = logged({
      type: "conversation.updated",
      conversationId: "c",
      status: "open",
      handler: "member",
      actor: "member",
      reason: "taken_over",
    });
    const { view, text } = show([
      started,
      delta(0, "I th"),
      superseded("taken_over"),
      takeOver,
      message({ author: { kind: "member", name: "Ines" }, text: "Hi, Ines here.", confidence: null }),
    ]);
    expect(text).toContain("· a person has taken over this conversation\nInes › Hi, Ines here.\n");
    expect([view.waiting(), view.takenOver()]).toEqual([false, true]);
  });

  it("does not print the customer's own words a second time", () => {
    expect(show([message({ author: { kind: "contact" }, text: "hello", confidence: null })]).text).toBe("");
  });
});
