import { newId } from "@axon/db/ids";
import { contact, turn } from "@axon/db/schema/conversations";
import { replyOutcome } from "@axon/db/schema/evaluation";
import { desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createChannel, type Visitor } from "../channels/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { rateAsVisitor, requestHuman, type Speaker, sendAsVisitor, sendMessage } from "./index.ts";
import { rateReply } from "./rate-reply.ts";
import { knowledgeAbout, messagesOf, quickAgent, recordDeltas, reply, says, scriptedProvider, startAs } from "./stage.fixture.ts";
import { visitorConversationId } from "./visitor-view.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;
let accountId: string;

beforeAll(async () => {
  scene = await openScene();
  ({ workspaceId, accountId } = await scene.found("owner"));
  await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
  agentId = (await quickAgent(scene, workspaceId)).id;
});
afterAll(() => scene.close());

const question = "Within how many days can I return a kettle?";
const member: Speaker = { as: "member", accountId: null, name: "Mia" };

/** Lets the agent answer what was asked last in the conversation; gives the id of its message. */
async function answered(conversationId: string, confidence = 0.95): Promise<string> {
  const provider = scriptedProvider(says("You can return a kettle within 45 days of delivery. [1]"), confidence);
  const [open] = await scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.select({ id: turn.id }).from(turn).where(eq(turn.conversationId, conversationId)).orderBy(desc(turn.id)).limit(1),
  );
  await reply({ inWorkspace: scene.inWorkspace, provider, openDeltas: recordDeltas().openDeltas }, workspaceId, open?.id ?? "");
  return (await messagesOf(scene, workspaceId, conversationId)).findLast(({ author }) => author.kind === "ai")?.id ?? "";
}

async function aReply(confidence?: number) {
  const { conversation } = await startAs(scene, workspaceId, agentId, question);
  return { conversationId: conversation.id, messageId: await answered(conversation.id, confidence) };
}

const outcomesOf = (of = workspaceId) =>
  scene.inWorkspace(of, ({ tx }) =>
    tx
      .select({ source: replyOutcome.source, outcome: replyOutcome.outcome, comment: replyOutcome.comment, byId: replyOutcome.byId })
      .from(replyOutcome)
      .orderBy(desc(replyOutcome.id)),
  );
const rate = (at: { conversationId: string; messageId: string }, rating: "good" | "bad", comment?: string) =>
  scene.inWorkspace(workspaceId, (ws) => rateReply(ws, { ...at, rating, comment }, accountId));

async function aVisitor(): Promise<Visitor> {
  const { id: channelId } = await scene.inWorkspace(workspaceId, (ws) =>
    createChannel(ws, scene.auth.sealer, { kind: "web", name: "Shop", agentId, settings: {} }),
  );
  const contactId = newId();
  await scene.inWorkspace(workspaceId, ({ tx }) => tx.insert(contact).values({ workspaceId, id: contactId }));
  return { channelId, contactId, agentId };
}
const say = (visitor: Visitor, text: string) => scene.inWorkspace(workspaceId, (ws) => sendAsVisitor(ws, visitor, { text }));

describe("a rating", () => {
  it("is kept with what the answer promised, and the last word of the team counts", async () => {
    const at = await aReply(0.8);
    expect(await rate(at, "good")).toEqual({ messageId: at.messageId, rating: "good", comment: null });
    expect(await rate(at, "bad", "It is 30 days now")).toMatchObject({ rating: "bad", comment: "It is 30 days now" });
    const rows = await scene.inWorkspace(workspaceId, ({ tx }) => tx.select().from(replyOutcome));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      ...{ source: "rating", outcome: "bad", comment: "It is 30 days now", byId: accountId },
      ...{ confidence: 0.8, confidenceModel: "scripted", agentId },
    });
  });

  it("is refused for what is no answer, and leaves nothing", async () => {
    const before = await outcomesOf();
    const { conversation, message } = await startAs(scene, workspaceId, agentId, question);
    const conversationId = conversation.id;
    await expect(rate({ conversationId, messageId: message.id }, "good")).rejects.toMatchObject({ reason: "invalid_state" });
    const fallback = await answered(conversationId, 0.1); // Not sure enough: the customer hears the fallback message.
    await expect(rate({ conversationId, messageId: fallback }, "good")).rejects.toMatchObject({ reason: "invalid_state" });
    await expect(rate({ conversationId, messageId: newId() }, "good")).rejects.toMatchObject({ reason: "not_found" });
    const other = await aReply();
    await expect(rate({ ...other, conversationId }, "good")).rejects.toMatchObject({ reason: "not_found" });
    expect(await outcomesOf()).toEqual(before);
  });

  it("cannot be given in another workspace", async () => {
    const at = await aReply();
    const stranger = await scene.found("stranger");
    await expect(
      scene.inWorkspace(stranger.workspaceId, (ws) => rateReply(ws, { ...at, rating: "bad" }, stranger.accountId)),
    ).rejects.toMatchObject({ reason: "not_found" });
    expect(await outcomesOf(stranger.workspaceId)).toEqual([]);
  });

  it("of a visitor is kept beside the team's, and only for the visitor's own conversation", async () => {
    const visitor = await aVisitor();
    const neighbour = await aVisitor();
    await say(visitor, question);
    const messageId = await answered(visitorConversationId(visitor));
    const rateAs = (who: Visitor) => scene.inWorkspace(workspaceId, (ws) => rateAsVisitor(ws, who, { messageId, rating: "good" }));
    await expect(rateAs(neighbour)).rejects.toMatchObject({ reason: "not_found" });
    await say(neighbour, "Hello there, I have a question");
    await expect(rateAs(neighbour)).rejects.toMatchObject({ reason: "not_found" });
    await rateAs(visitor);
    await rateAs(visitor);
    await rate({ conversationId: visitorConversationId(visitor), messageId }, "bad");
    expect((await outcomesOf()).slice(0, 2)).toMatchObject([
      { source: "rating", outcome: "bad" },
      { source: "visitor_rating", outcome: "good", byId: visitor.contactId },
    ]);
  });
});

describe("what follows an answer", () => {
  it("tells that it was not enough when the customer then asks for a person, by word or by button", async () => {
    const visitor = await aVisitor();
    await say(visitor, question);
    await answered(visitorConversationId(visitor));
    const before = (await outcomesOf()).length;
    await scene.inWorkspace(workspaceId, (ws) => requestHuman(ws, visitor));
    await scene.inWorkspace(workspaceId, (ws) => requestHuman(ws, visitor));
    expect((await outcomesOf()).slice(0, (await outcomesOf()).length - before)).toMatchObject([
      { source: "handoff", outcome: "bad", byId: null },
    ]);

    const { conversationId } = await aReply();
    await scene.inWorkspace(workspaceId, (ws) =>
      sendMessage(ws, { conversationId, text: "I want to talk to a person", as: "contact" }, { as: "contact" }),
    );
    await answered(conversationId);
    expect(await outcomesOf()).toHaveLength(before + 2);
  });

  it("is a correction when a member says so, and nobody else may", async () => {
    const { conversationId, messageId } = await aReply();
    const before = await outcomesOf();
    const put = (speaker: Speaker, corrects: string) =>
      scene.inWorkspace(workspaceId, (ws) =>
        sendMessage(ws, { conversationId, text: "It is 30 days.", as: speaker.as, corrects, clientMessageId: "right" }, speaker),
      );
    await expect(put({ as: "contact" }, messageId)).rejects.toMatchObject({ reason: "validation" });
    await expect(put(member, newId())).rejects.toMatchObject({ reason: "not_found" });
    expect(await outcomesOf()).toEqual(before);
    expect(await messagesOf(scene, workspaceId, conversationId)).toHaveLength(2);
    await put(member, messageId);
    await put(member, messageId);
    expect(await outcomesOf()).toMatchObject([{ source: "correction", outcome: "bad" }, ...before]);
    expect(await messagesOf(scene, workspaceId, conversationId)).toHaveLength(3);
  });
});
