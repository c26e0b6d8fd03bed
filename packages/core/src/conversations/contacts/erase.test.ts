import { createHmac } from "node:crypto";
import { createAnswerInput } from "@axon/contracts/approved";
import { createSourceInput } from "@axon/contracts/sources";
import { newId } from "@axon/db/ids";
import { contact, conversation, message, turn } from "@axon/db/schema/conversations";
import { evaluation, evaluationResult } from "@axon/db/schema/evaluation";
import { idempotency, workspace } from "@axon/db/schema/workspaces";
import { desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGolden } from "../../agents/index.ts";
import { createVisitorTokens } from "../../auth/index.ts";
import { admitVisitor, createChannel } from "../../channels/index.ts";
import type { WorkspaceCtx } from "../../context.ts";
import { attachmentKey, incomingKey } from "../../internal/attachment-files.ts";
import { createSource } from "../../knowledge/index.ts";
import { ingest, openLibrary } from "../../knowledge/library.fixture.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import { readEverything } from "../../workspaces/tenant-rows.fixture.ts";
import { approveReply } from "../approve-reply.ts";
import {
  addNote,
  announceAttachment,
  completeAttachment,
  continueErasure,
  eraseContact,
  getContact,
  listContacts,
  listErasures,
  mergeContacts,
  openWidget,
  rateResolution,
  sendAsVisitor,
  sendMessage,
  setStatus,
  startConversation,
  updateContact,
  type WidgetDeps,
} from "../index.ts";
import { rateReply } from "../rate-reply.ts";
import { knowledgeAbout, messagesOf, quickAgent, recordDeltas, reply, says, scriptedProvider } from "../stage.fixture.ts";

/** Stands in everything that the person says or is called, and in nothing else. */
const canary = "quibblewick";
const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from(canary)]);

let scene: Scene;
let widget: WidgetDeps;
let library: ReturnType<typeof openLibrary>;
let workspaceId: string;
let agentId: string;
let accountId: string;

beforeAll(async () => {
  scene = await openScene();
  const { database, inWorkspace, auth } = scene;
  library = openLibrary(scene);
  widget = {
    database,
    inWorkspace,
    limits: auth.limits,
    sealer: auth.sealer,
    tokens: await createVisitorTokens({ secrets: ["v".repeat(32)] }),
  };
  ({ workspaceId, accountId } = await scene.found("shop"));
  agentId = (await quickAgent(scene, workspaceId)).id;
  await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
});
afterAll(() => scene.close());

const within = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => scene.inWorkspace(workspaceId, verb);
const files = () => library.files as ReturnType<typeof openLibrary>["files"] & { kept: Map<string, Uint8Array> }; // safe: memoryFiles made it
const deps = () => ({ inWorkspace: scene.inWorkspace, files: library.files });
const erase = (contactId: string) => eraseContact(deps(), workspaceId, contactId);
const start = (text: string, given: object) =>
  within((ws) => startConversation(ws, { agentId, text, as: "contact", contact: given }, { as: "contact" }));
const signal = new AbortController().signal;

async function answer(conversationId: string, text: string, confidence = 0.95): Promise<string> {
  const [open] = await within(({ tx }) =>
    tx.select({ id: turn.id }).from(turn).where(eq(turn.conversationId, conversationId)).orderBy(desc(turn.id)).limit(1),
  );
  const provider = scriptedProvider(says(text), confidence);
  await reply({ inWorkspace: scene.inWorkspace, provider, openDeltas: recordDeltas().openDeltas }, workspaceId, open?.id ?? "");
  return (await messagesOf(scene, workspaceId, conversationId)).findLast(({ author }) => author.kind === "ai")?.id ?? "";
}

const look = () => readEverything(scene.database, workspaceId);

/** Where the word stands, in any case, as `table: n`. */
function traces(everything: Record<string, string[]>, word: string): Record<string, number> {
  const found = Object.entries(everything).map(([table, rows]) => [table, rows.filter((row) => row.toLowerCase().includes(word)).length]);
  return Object.fromEntries(found.filter(([, count]) => Number(count) > 0));
}

const question = `Within how many days can I, ${canary}, return a kettle?`;

/** Somebody who has left traces in as many places as there are. */
async function plant(): Promise<{ contactId: string; attachmentId: string; openId: string }> {
  const given = { externalId: `${canary}-1`, email: `${canary}@example.com`, name: `Ada ${canary}`, phone: "+4930777888" };
  const { conversation: talk } = await start(question, given);
  const answerId = await answer(talk.id, `Dear ${canary}, within 45 days of delivery. [1]`);
  await within((ws) =>
    rateReply(ws, { conversationId: talk.id, messageId: answerId, rating: "bad", comment: `Not true, ${canary}` }, accountId),
  );
  await within((ws) => addNote(ws, { conversationId: talk.id, text: `${canary} is angry` }));
  const member = { as: "member", accountId, name: "Mia" } as const;
  const { message: spoken } = await within((ws) =>
    sendMessage(ws, { conversationId: talk.id, text: "Within 45 days.", as: "member" }, member),
  );
  const source = await within((ws) => createSource(ws, createSourceInput.parse({ kind: "faq", name: "Answers" })));
  const approved = await approveReply(
    library,
    workspaceId,
    createAnswerInput.parse({ sourceId: source.id, fromMessageId: spoken.id, idempotencyKey: "approve-1" }),
    null,
  );
  await ingest(library, workspaceId, approved.documentId);
  await within((ws) => setStatus(ws, { conversationId: talk.id, status: "resolved" }));
  await within((ws) => rateResolution(ws, { conversationId: talk.id, score: 1, comment: `Bad, says ${canary}` }));
  // One that nothing answers leaves a gap, and stays open.
  const { conversation: open } = await start(`Does ${canary} live on the moon?`, given);
  await answer(open.id, "It does, I think. [1]", 0.1);
  const row = await within((ws) =>
    announceAttachment(ws, { name: `${canary}.png`, mime: "image/png", bytes: png.length, conversationId: open.id }),
  );
  files().kept.set(incomingKey(workspaceId, row.id), png);
  await completeAttachment(library.files, within, row.id);
  await within((ws) =>
    sendMessage(ws, { conversationId: open.id, text: `A picture of ${canary}`, as: "contact", attachmentIds: [row.id] }, { as: "contact" }),
  );
  const golden = (text: string) => ({ agentId, question: text, history: [], expect: "answer" as const, facts: ["45"], forbidden: [] });
  await within((ws) => createGolden(ws, { ...golden(question), idempotencyKey: "golden-1" }));
  const { id: questionId } = await within((ws) => createGolden(ws, golden(`Write to ${canary}@example.com please`)));
  await within(async ({ tx }) => {
    const evaluationId = newId();
    const settings = { name: "Ada" } as never; // safe: nobody reads it
    await tx
      .insert(evaluation)
      .values({ workspaceId, id: evaluationId, agentId, settings, settingsHash: "a", questionsHash: "b", total: 1 });
    const result = {
      questionId,
      question: `Write to ${canary}@example.com please`,
      answer: `To ${canary}`,
      tookMs: 1,
      confidence: 1,
      passed: true,
    };
    await tx.insert(evaluationResult).values({ workspaceId, evaluationId, position: 0, action: "answer", ...result });
    const kept = { id: talk.id, said: `a result with ${canary}` };
    await tx.insert(idempotency).values({ workspaceId, procedure: "x", key: "k", inputHash: "h", result: kept });
  });
  await within((ws) => updateContact(ws, { contactId: talk.contact.id, attributes: { note: canary } }));
  return { contactId: talk.contact.id, attachmentId: row.id, openId: open.id };
}

describe("erasing a person", () => {
  it("leaves not a word of theirs in any table or file, nothing missing of anybody else, and the count of what went", async () => {
    const golden = {
      agentId,
      question: "What does a kettle cost in the shop of the town?",
      history: [],
      expect: "answer" as const,
      facts: [],
      forbidden: [],
    };
    await within((ws) => createGolden(ws, golden));
    const bystander = await start("Somebody else's brabblefrax matter", { externalId: "other", email: "other@example.com" });
    const { contactId, attachmentId, openId } = await plant();
    const full = await look();
    const before = traces(full, canary);
    const said = (await within(({ tx }) => tx.$count(message))) - 1;
    // The test can tell: they are everywhere that was thought of.
    for (const table of [
      ...["contact", "contact_identity", "message", "event", "reply_outcome", "csat", "question_gap", "attachment", "golden_question"],
      ...["evaluation_result", "idempotency", "approved_answer", "approved_question", "document", "chunk"],
    ])
      expect(before, table).toHaveProperty(table);
    expect(JSON.stringify(before)).not.toContain("audit_entry");

    const erased = await erase(contactId);
    expect(erased).toMatchObject({
      contactId,
      doneAt: expect.any(String),
      report: { left: { conversations: 0, identities: 0, files: 0 } },
    });
    expect(erased.report.removed).toMatchObject({
      ...{ contact: 1, contact_identity: 3, conversation: 2, turn: 3, csat: 1, reply_outcome: 1, attachment: 1, files: 1 },
      ...{ approved_answer: 1, golden_question: 2, evaluation_result: 1, question_gap: 1, reply_trace: 2 },
    });
    expect(erased.report.removed["message"]).toBe(said);
    const emptied = await look();
    for (const word of [canary, "+4930777888"]) expect(traces(emptied, word)).toEqual({});
    expect(
      [attachmentKey(workspaceId, attachmentId), incomingKey(workspaceId, attachmentId)].filter((key) => files().kept.has(key)),
    ).toEqual([]);
    expect(traces(emptied, "brabblefrax")).toEqual(traces(full, "brabblefrax"));
    expect(traces(emptied, "shop of the town")).toEqual({ golden_question: 1 });
    await expect(
      within((ws) => sendMessage(ws, { conversationId: openId, text: "Hello?", as: "contact" }, { as: "contact" })),
    ).rejects.toMatchObject({
      reason: "not_found",
    });
    expect(bystander.conversation.id).toEqual(expect.any(String));

    // Twice is once, and the proof can be read.
    expect(await erase(contactId)).toEqual(erased);
    expect((await within((ws) => listErasures(ws, { limit: 10, contactId }))).items).toEqual([erased]);
    await continueErasure(deps(), { workspaceId, erasureId: erased.id }, { signal });
    expect((await within((ws) => listErasures(ws, { limit: 10 }))).items).toEqual([erased]);
    await expect(within((ws) => getContact(ws, contactId))).rejects.toMatchObject({ reason: "not_found" });
    expect((await within((ws) => listContacts(ws, { limit: 100 }))).items.map(({ id }) => id)).not.toContain(contactId);
    await expect(within((ws) => updateContact(ws, { contactId, name: "Back" }))).rejects.toMatchObject({ reason: "not_found" });
    // Who comes back is somebody new.
    const back = (await start("It is me again", { externalId: `${canary}-1` })).conversation.contact.id;
    expect(back).not.toBe(contactId);
    await erase(back);
  });

  it("is not undone by an answer that was being made just then", async () => {
    const { conversation: talk } = await start(`Tell ${canary} about kettles`, { externalId: "asked" });
    const [open] = await within(({ tx }) => tx.select({ id: turn.id }).from(turn).where(eq(turn.conversationId, talk.id)));
    const provider = scriptedProvider(async function* (request, aborted) {
      expect((await erase(talk.contact.id)).doneAt).not.toBeNull();
      yield* says(`Kettles are for ${canary}. [1]`)(request, aborted);
    });
    await reply({ inWorkspace: scene.inWorkspace, provider, openDeltas: recordDeltas().openDeltas }, workspaceId, open?.id ?? "");
    expect(provider.asked).toHaveLength(1);
    expect(traces(await look(), canary)).toEqual({});
  });

  it("ends their visits and takes those along who were merged into them; nothing of theirs comes to life again", async () => {
    const made = await within((ws) => createChannel(ws, widget.sealer, { kind: "web", name: "Site", agentId, settings: {} }));
    const visit = (given: object = {}) =>
      openWidget(widget, { publicKey: made.publicKey ?? "", ...given }, { ip: "10.3.0.1", origin: null });
    const [one, two] = [await visit(), await visit()];
    const claims = await widget.tokens.verify(one.visitorToken);
    const say = (text: string) => within(async (ws) => sendAsVisitor(ws, await admitVisitor(ws, claims, null), { text }));
    await say("From one");
    await within((ws) => mergeContacts(ws, { fromId: one.visitorId, intoId: two.visitorId }));
    const stale = await within((ws) => admitVisitor(ws, claims, null));
    const erased = await erase(one.visitorId);
    expect(erased).toMatchObject({ contactId: two.visitorId, report: { removed: { contact: 2, conversation: 1 } } });
    await expect(say("Again")).rejects.toMatchObject({ reason: "unauthorized" });
    // Let in just before, and writing just after.
    await expect(within((ws) => sendAsVisitor(ws, stale, { text: "Late" }))).rejects.toMatchObject({ reason: "unauthorized" });
    const back = await visit({ visitorToken: one.visitorToken });
    expect([one.visitorId, two.visitorId]).not.toContain(back.visitorId);
    const hmac = createHmac("sha256", made.identitySecret ?? "")
      .update("x")
      .digest("hex");
    expect((await visit({ visitorToken: two.visitorToken, identity: { userId: "x", hmac } })).visitorId).not.toBe(two.visitorId);
    expect(await within(({ tx }) => tx.$count(conversation, eq(conversation.contactId, two.visitorId)))).toBe(0);
    await expect(within((ws) => mergeContacts(ws, { fromId: back.visitorId, intoId: two.visitorId }))).rejects.toMatchObject({
      reason: "not_found",
    });
  });

  it("that a file store stops is gone on with by its job, batch by batch", async () => {
    const ids = Array.from({ length: 25 }, () => newId());
    const { conversation: first } = await start("First of many", { externalId: "many" });
    await within(({ tx }) =>
      tx
        .insert(conversation)
        .values(ids.map((id) => ({ workspaceId, id, channelId: first.channel.id, agentId, contactId: first.contact.id }))),
    );
    const broken = { inWorkspace: scene.inWorkspace, files: { remove: async () => Promise.reject(new Error("the store is away")) } };
    const ordered = await eraseContact(broken, workspaceId, first.contact.id);
    expect(ordered.doneAt).toBeNull();
    await expect(continueErasure(broken, { workspaceId, erasureId: ordered.id }, { signal })).rejects.toThrow("the store is away");
    const killed = new AbortController();
    killed.abort(new Error("closing"));
    await expect(continueErasure(deps(), { workspaceId, erasureId: ordered.id }, { signal: killed.signal })).rejects.toThrow("closing");
    await Promise.all([1, 2].map(() => continueErasure(deps(), { workspaceId, erasureId: ordered.id }, { signal })));
    expect(await erase(first.contact.id)).toMatchObject({
      id: ordered.id,
      doneAt: expect.any(String),
      report: { removed: { conversation: 26 } },
    });
  });

  it("is refused under legal hold, and to another workspace", async () => {
    const { conversation: talk } = await start("Held", { externalId: "held" });
    const hold = (legalHold: boolean) => within(({ tx }) => tx.update(workspace).set({ legalHold }));
    await hold(true);
    await expect(erase(talk.contact.id)).rejects.toMatchObject({ reason: "invalid_state" });
    await hold(false);
    const neighbour = await scene.found("neighbour");
    await expect(eraseContact(deps(), neighbour.workspaceId, talk.contact.id)).rejects.toMatchObject({ reason: "not_found" });
    expect(await within(({ tx }) => tx.$count(contact, eq(contact.id, talk.contact.id)))).toBe(1);
    expect((await within((ws) => getContact(ws, talk.contact.id))).conversations).toBe(1);
  });
});
