import { contact, conversation } from "@axon/db/schema/conversations";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { setStatus, startConversation } from "./index.ts";
import { inversions, type Life, openLife, question } from "./life.fixture.ts";
import { messagesOf } from "./stage.fixture.ts";

let scene: Scene;
let life: Life;
beforeAll(async () => {
  scene = await openScene();
  life = await openLife(scene);
});
afterAll(() => scene.close());

describe("first messages of a new contact", () => {
  const first = (externalId: string, index: number, more: object) =>
    life.within((ws) =>
      startConversation(
        ws,
        {
          agentId: life.agentId,
          text: `Message ${index}`,
          as: "contact",
          contact: { externalId },
          clientMessageId: `${externalId}-${index}`,
          ...more,
        },
        { as: "contact" },
      ),
    );
  const conversationsOf = (externalId: string) =>
    life.within(({ tx }) =>
      tx
        .select({ contactId: contact.id, id: conversation.id })
        .from(conversation)
        .innerJoin(contact, and(eq(contact.workspaceId, conversation.workspaceId), eq(contact.id, conversation.contactId)))
        .where(eq(contact.externalId, externalId)),
    );
  const twenty = (externalId: string, more: object) =>
    Promise.all(Array.from({ length: 20 }, (_, index) => first(externalId, index, more)));

  it.each([
    ["the caller", { continueConversation: true }, "many"],
    ["the channel", {}, "one"],
  ])("twenty at once are one contact and one conversation where %s says so, none lost, none double", async (who, more, threads) => {
    await life.start();
    await life.rule({ threads });
    const made = await twenty(who, more);
    await Promise.all([first(who, 3, more), first(who, 4, more)]); // Brought again.
    expect(await conversationsOf(who)).toHaveLength(1);
    const [id = ""] = new Set(made.map(({ conversation: { id } }) => id));
    const messages = await messagesOf(scene, life.workspaceId, id);
    expect(messages.map(({ text }) => text).sort()).toEqual(Array.from({ length: 20 }, (_, index) => `Message ${index}`).sort());
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    await life.within((ws) => setStatus(ws, { conversationId: id, status: "resolved" }));
    await life.pass(id, 73 * 60);
    const later = await first(who, 99, more);
    expect(later.conversation).toMatchObject({ previousId: id, status: "open" });
    expect(later.message.conversationId).toBe(later.conversation.id);
  });

  it("begin as many conversations where nobody wants one", async () => {
    await life.rule({ threads: "many" });
    await Promise.all([first("often", 1, {}), first("often", 2, {}), first("often", 3, { continueConversation: false })]);
    const found = await conversationsOf("often");
    expect(new Set(found.map(({ contactId }) => contactId)).size).toBe(1);
    expect(found).toHaveLength(3);
  });
});

describe("the order of a conversation", () => {
  it("is that in which messages came, and what a burst asks is read as it was written", async () => {
    const id = (await life.start("unsaid")).conversation.id;
    const sentAt = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    const [second, first] = [
      await life.write(id, "the second half", { sentAt: sentAt(2) }),
      await life.write(id, "The first half,", { sentAt: sentAt(1) }),
    ];
    expect([second.message.seq, first.message.seq]).toEqual([2, 3]);
    expect(first.message.sentAt).toBe(sentAt(1));
    await life.reply(id);
    expect(JSON.stringify(life.provider.asked.at(-1))).toMatch(/The first half,.*the second half/s);
    expect((await messagesOf(scene, life.workspaceId, id)).map(({ author }) => author.kind)).toEqual([
      "contact",
      "contact",
      "contact",
      "ai",
    ]);
  });

  it("never shows a reply above its question, whatever comes while replies are made", async () => {
    const id = (await life.start()).conversation.id;
    const bursts = Array.from({ length: 12 }, (_, index) => async () => {
      await life.write(id, `${question} ${index}`);
      await life.reply(id);
    });
    await Promise.all(bursts.map((burst) => burst()));
    while (await life.reply(id));
    const talk = await life.talk(id);
    expect(talk.filter(({ by }) => by === "contact")).toHaveLength(13);
    expect(talk.at(-1)).toMatchObject({ by: "ai", lastSeq: talk.length - 1 });
    expect(inversions(talk)).toEqual([]);
  });
});
