/** Approved answers: who asks one of their questions gets them word for word, and nobody else does. */
import { createAnswerInput, updateAnswerInput } from "@axon/contracts/approved";
import { createSourceInput } from "@axon/contracts/sources";
import { approvedQuestion, chunk, document } from "@axon/db/schema/knowledge";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSource, deleteAnswer, embedAnswers, getAnswer, listAnswers, listHits, updateAnswer } from "../knowledge/index.ts";
import { ingest, openLibrary, outboxOf } from "../knowledge/library.fixture.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { approveReply } from "./approve-reply.ts";
import { askAgent } from "./ask-agent.ts";
import { sendMessage } from "./index.ts";
import { knowledgeAbout, messagesOf, quickAgent, recordDeltas, reply, says, scriptedProvider, startAs, turnsOf } from "./stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;
let sourceId: string;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
  agentId = (await quickAgent(scene, workspaceId)).id;
  sourceId = await newSource("faq");
});

const provider = () => scriptedProvider(says("This is written. [1]"));
const shelves = () => {
  const { embedder, embedderOf } = provider();
  return { ...openLibrary(scene), embedder, embedderOf };
};
let library: ReturnType<typeof shelves>;
beforeEach(() => {
  library = shelves();
});
const newSource = async (kind: "faq" | "text") =>
  (await scene.inWorkspace(workspaceId, (ws) => createSource(ws, createSourceInput.parse({ kind, name: "Answers" })))).id;

const question = "How do I reset my password?";
const text = "Choose **Forgot password** and follow the letter.";
const approve = (given: object = {}) =>
  approveReply(library, workspaceId, createAnswerInput.parse({ sourceId, questions: [question], answer: text, ...given }), null);
/** Approves, and does what the workers would. */
const approved = async (given: object = {}) => {
  const made = await approve(given);
  await ingest(library, workspaceId, made.documentId);
  await embed();
  return made;
};
const embed = (using = provider()) =>
  embedAnswers({ inWorkspace: scene.inWorkspace, provider: using }, { workspaceId }, { signal: new AbortController().signal });
const ask = (
  asked: string,
  {
    history = [],
    agent = agentId,
    using = provider(),
  }: { history?: { role: "user" | "assistant"; text: string }[]; agent?: string; using?: ReturnType<typeof provider> } = {},
) =>
  askAgent(
    { inWorkspace: scene.inWorkspace, provider: using },
    workspaceId,
    { agentId: agent, question: asked, history },
    new AbortController().signal,
  );
const read = (answerId: string) => scene.inWorkspace(workspaceId, (ws) => getAnswer(ws, answerId));
const hitsOf = (answerId: string) => scene.inWorkspace(workspaceId, (ws) => listHits(ws, { answerId, limit: 10 }));

describe("an approved answer", () => {
  it("is given word for word with its citation, without asking the model", async () => {
    const { id, documentId } = await approved();
    const using = provider();
    const given = await ask("how do i RESET my password", { using });
    expect(given).toMatchObject({
      action: "answer",
      answer: text,
      citations: [{ documentId, title: question, quote: text }],
      trace: { path: "approved", approvedAnswerId: id },
    });
    expect(given.confidence).toBeGreaterThanOrEqual(0.98);
    expect(given.confidence).toBeLessThanOrEqual(0.99);
    expect(using.asked).toEqual([]);
  });

  it("is given for any of its questions, and for one in other words", async () => {
    const { id } = await approved({ questions: [question, "I forgot my login code, what now?"] });
    for (const asked of ["resetting the password", "I forgot my login code - what now"]) {
      expect((await ask(asked)).trace.approvedAnswerId, asked).toBe(id);
    }
  });

  it.each([
    "Why can't I reset my password?",
    "How do I reset my router?",
    "How do I reset my password 2 times?",
    "Do you ship to Canada?",
    "password",
  ])("is not given to who asks something else: %s", async (asked) => {
    await approved();
    expect((await ask(asked)).trace.path).not.toBe("approved");
  });

  it("is given at once, before any worker has seen it; its citation follows", async () => {
    await approve();
    expect(await ask(question)).toMatchObject({ answer: text, citations: [], trace: { path: "approved" } });
  });

  it("is found in the middle of a talk by a question that stands alone, and by no follow-up", async () => {
    await approved({ questions: [question, "Can I cancel it?"] });
    const history = [
      { role: "user" as const, text: "Tell me about premium support." },
      { role: "assistant" as const, text: "It is quick." },
    ];
    expect((await ask("Resetting my password", { history })).trace.path).toBe("approved");
    expect((await ask("And can I cancel it?", { history })).trace.path).not.toBe("approved");
    // The very words that somebody approved are meant, whatever was said before.
    expect((await ask("can I cancel it", { history })).trace.path).toBe("approved");
  });

  it("is given as it was changed by the next question, and not at all once it is disabled or deleted", async () => {
    const { id, documentId } = await approved();
    await updateAnswer(library, workspaceId, updateAnswerInput.parse({ answerId: id, answer: "Write to us." }));
    expect((await ask(question)).answer).toBe("Write to us.");
    await updateAnswer(library, workspaceId, updateAnswerInput.parse({ answerId: id, questions: ["Where are my keys?"] }));
    expect((await ask(question)).trace.path).not.toBe("approved");
    expect((await ask("Where are my keys?")).answer).toBe("Write to us.");
    await ingest(library, workspaceId, documentId);
    const found = await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.select().from(chunk).where(sql`${chunk.documentId} = ${documentId} and ${chunk.searchable}`),
    );
    expect(found.map((one) => one.text).join(" ")).toContain("Write to us.");
    await updateAnswer(library, workspaceId, updateAnswerInput.parse({ answerId: id, enabled: false }));
    expect((await ask("Where are my keys?")).trace.path).not.toBe("approved");
    await updateAnswer(library, workspaceId, updateAnswerInput.parse({ answerId: id, enabled: true }));
    await scene.inWorkspace(workspaceId, (ws) => deleteAnswer(ws, id));
    expect((await ask("Where are my keys?")).trace.path).not.toBe("approved");
    await expect(read(id)).rejects.toMatchObject({ reason: "not_found" });
    const left = await scene.inWorkspace(workspaceId, ({ tx }) =>
      Promise.all([tx.select().from(document), tx.select().from(approvedQuestion)]),
    );
    expect(left).toEqual([[], []]);
  });

  it("is kept from customers when it is internal, and from agents that answer from other sources", async () => {
    await approved({ audience: "internal" });
    expect((await ask(question)).trace.path).not.toBe("approved");
    const insider = await quickAgent(scene, workspaceId, {
      retrieval: { topK: 8, minScore: 0, sources: [], internal: true, labels: [], locale: null },
    });
    expect((await ask(question, { agent: insider.id })).trace.path).toBe("approved");
    const elsewhere = await quickAgent(scene, workspaceId, {
      retrieval: { topK: 8, minScore: 0, sources: [await newSource("text")], internal: true, labels: [], locale: null },
    });
    expect((await ask(question, { agent: elsewhere.id })).trace.path).not.toBe("approved");
  });

  it("is refused where it does not belong, and leaves no file behind", async () => {
    const textSource = await newSource("text");
    await expect(approve({ sourceId: textSource })).rejects.toMatchObject({ reason: "invalid_state" });
    await expect(approve({ questions: undefined })).rejects.toMatchObject({ reason: "validation" });
    await expect(approve({ sourceId: agentId })).rejects.toMatchObject({ reason: "not_found" });
    expect([...library.files.kept.keys()]).toEqual([]);
    expect((await scene.inWorkspace(workspaceId, (ws) => listAnswers(ws, { limit: 10 }))).items).toEqual([]);
  });

  it("comes once from the same request, and is another workspace's business nowhere", async () => {
    const once = await approve({ idempotencyKey: "same" });
    expect(await approve({ idempotencyKey: "same" })).toEqual(once);
    expect(library.files.kept.size).toBe(1);
    const { workspaceId: stranger } = await scene.found("stranger");
    await expect(scene.inWorkspace(stranger, (ws) => getAnswer(ws, once.id))).rejects.toMatchObject({ reason: "not_found" });
    await expect(updateAnswer(library, stranger, { answerId: once.id, answer: "Mine." })).rejects.toMatchObject({ reason: "not_found" });
    await expect(scene.inWorkspace(stranger, (ws) => deleteAnswer(ws, once.id))).rejects.toMatchObject({ reason: "not_found" });
    const theirs = await quickAgent(scene, stranger);
    const asked = await askAgent(
      { inWorkspace: scene.inWorkspace, provider: provider() },
      stranger,
      { agentId: theirs.id, question, history: [] },
      new AbortController().signal,
    );
    expect(asked.trace.path).not.toBe("approved");
  });

  it("is not lost between two who change it at once", async () => {
    const { id } = await approved();
    const outcomes = await Promise.allSettled(
      ["One.", "Two.", "Three."].map((answer) => updateAnswer(library, workspaceId, { answerId: id, answer })),
    );
    const { answer } = await read(id);
    const kept = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.answer] : []));
    expect(kept).toContain(answer);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ reason: "conflict" });
  });
});

describe("the history of an approved answer", () => {
  it("has every turn that it was given in, once, and none of a trial", async () => {
    const { id } = await approved();
    await ask(question);
    const using = provider();
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const [turn] = await turnsOf(scene, workspaceId, conversation.id);
    const deps = { inWorkspace: scene.inWorkspace, provider: using, openDeltas: recordDeltas().openDeltas };
    await reply(deps, workspaceId, turn?.id ?? "");
    await reply(deps, workspaceId, turn?.id ?? "");
    expect((await messagesOf(scene, workspaceId, conversation.id)).at(-1)).toMatchObject({ text, author: { kind: "ai" } });
    expect(await read(id)).toMatchObject({ hits: 1, lastHitAt: expect.any(String) });
    expect((await hitsOf(id)).items).toMatchObject([{ turnId: turn?.id, question }]);
  });

  it("does not keep a customer from an answer that was deleted while it was given", async () => {
    const { id } = await approved();
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const [turn] = await turnsOf(scene, workspaceId, conversation.id);
    const { openDeltas } = recordDeltas();
    const deleting = {
      openDeltas,
      provider: provider(),
      inWorkspace: scene.inWorkspace,
    };
    const openAndDelete: typeof openDeltas = (given) => {
      const sink = openDeltas(given);
      return { ...sink, flush: () => scene.inWorkspace(workspaceId, (ws) => deleteAnswer(ws, id)) };
    };
    await reply({ ...deleting, openDeltas: openAndDelete }, workspaceId, turn?.id ?? "");
    const last = (await messagesOf(scene, workspaceId, conversation.id)).at(-1);
    expect(last?.author.kind).toBe("ai");
    expect(last?.citations).toEqual([]);
    expect(last?.text).not.toBe(text);
  });
});

describe("the vectors of approved questions", () => {
  it("are made once, and again for another embedder when somebody asks", async () => {
    await approved();
    const jobs = async () =>
      (await outboxOf(scene, workspaceId)).filter(({ name, key }) => name === "knowledge.embed-answers" && key.includes("missing"));
    let calls = 0;
    const counting = provider();
    const { embed: real } = counting.embedder;
    counting.embedder = {
      ...counting.embedder,
      embed: (...given) => {
        calls += 1;
        return real(...given);
      },
    };
    await embed(counting);
    expect(calls).toBe(0);
    await ask(question);
    expect(await jobs()).toEqual([]);
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(approvedQuestion).set({ embedder: "older:1" }));
    expect((await ask("resetting the password")).trace.path).toBe("approved");
    expect(await jobs()).toHaveLength(1);
    await embed(counting);
    expect(calls).toBe(1);
    const rows = await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.select({ embedder: approvedQuestion.embedder }).from(approvedQuestion),
    );
    expect(rows).toEqual([{ embedder: counting.embedder.id }]);
  });
});

describe("approving a reply", () => {
  it("takes what the customer asked and what was said to it", async () => {
    await knowledgeAbout(scene, workspaceId, "Nothing", "Nothing of this.");
    const { conversation } = await startAs(scene, workspaceId, agentId, "Is the tower open on Sundays?");
    const speaker = { as: "member" as const, accountId: null, name: "Mia" };
    await scene.inWorkspace(workspaceId, (ws) =>
      sendMessage(ws, { conversationId: conversation.id, text: "Yes, from ten to four.", as: "member" }, speaker),
    );
    const messages = await messagesOf(scene, workspaceId, conversation.id);
    const made = await approve({ questions: undefined, answer: undefined, fromMessageId: messages.at(-1)?.id });
    expect(made).toMatchObject({
      questions: ["Is the tower open on Sundays?"],
      answer: "Yes, from ten to four.",
      fromMessageId: messages.at(-1)?.id,
    });
    expect((await ask("is the tower open on sundays")).answer).toBe("Yes, from ten to four.");
    await expect(approve({ fromMessageId: messages[0]?.id })).rejects.toMatchObject({ reason: "invalid_state" });
    expect(made.stale).toBe(false);
    await expect(approve({ fromMessageId: conversation.id })).rejects.toMatchObject({ reason: "not_found" });
  });

  it("says later that what the reply rested on has changed or gone", async () => {
    await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
    const { conversation } = await startAs(scene, workspaceId, agentId, "Within how many days can I return a kettle?");
    const [turn] = await turnsOf(scene, workspaceId, conversation.id);
    const using = scriptedProvider(says("You can return a kettle within 45 days of delivery. [1]"));
    await reply({ inWorkspace: scene.inWorkspace, provider: using, openDeltas: recordDeltas().openDeltas }, workspaceId, turn?.id ?? "");
    const given = (await messagesOf(scene, workspaceId, conversation.id)).at(-1);
    expect(given?.citations).toHaveLength(1);
    const { id } = await approve({ questions: undefined, answer: undefined, fromMessageId: given?.id });
    expect((await read(id)).stale).toBe(false);
    const retire = () =>
      scene.inWorkspace(workspaceId, ({ tx }) =>
        tx.update(chunk).set({ retiredAt: sql`now() + interval '1 second'` }).where(eq(chunk.title, "Returns")),
      );
    await retire();
    expect((await read(id)).stale).toBe(true);
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.delete(document).where(eq(document.name, "Returns")));
    expect((await read(id)).stale).toBe(true);
  });
});
