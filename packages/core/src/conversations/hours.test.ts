import { agentSettings } from "@axon/contracts/agents";
import { updateChannelInput } from "@axon/contracts/channels";
import { channel, conversation as conversationTable } from "@axon/db/schema/conversations";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVisitorTokens } from "../auth/index.ts";
import { admitVisitor, createChannel, updateChannel, type Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { openWidget, requestHuman, sendAsVisitor, sendMessage, type WidgetDeps } from "./index.ts";
import { knowledgeAbout, messagesOf, quickAgent, recordDeltas, reply, says, scriptedProvider, startAs, turnsOf } from "./stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
let apiChannelId: string;
let deps: WidgetDeps;
const question = "Within how many days can I return a kettle?";
const allDays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => ({ day, from: "00:00", to: "24:00" }));
/** Hours in which somebody is there now, and in which nobody ever is. */
const open = { timezone: "Europe/Vienna", weekly: allDays, outOfHoursText: "Closed until {opens}." };
const closed = { ...open, weekly: [] };

beforeAll(async () => {
  scene = await openScene();
  workspaceId = (await scene.found("owner")).workspaceId;
  await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
  const { database, inWorkspace, auth } = scene;
  deps = {
    database,
    inWorkspace,
    limits: auth.limits,
    sealer: auth.sealer,
    tokens: await createVisitorTokens({ secrets: ["v".repeat(32)] }),
  };
  await startAs(scene, workspaceId, (await quickAgent(scene, workspaceId)).id, "Makes the api channel.");
  const [api] = await within(({ tx }) => tx.select({ id: channel.id }).from(channel).where(eq(channel.kind, "api")));
  apiChannelId = api?.id ?? "";
});
afterAll(() => scene.close());

const within = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => scene.inWorkspace(workspaceId, verb);
const update = (channelId: string, change: object) => within((ws) => updateChannel(ws, updateChannelInput.parse({ channelId, ...change })));
const hours = (businessHours: object | null) => update(apiChannelId, { businessHours });
const agentWith = (message: string | null) =>
  quickAgent(scene, workspaceId, { handoff: { ...agentSettings.parse({ name: "x" }).handoff, message }, fallbackMessage: "Not sure." });
const send = (conversationId: string, text: string) =>
  within((ws) => sendMessage(ws, { conversationId, text, as: "contact" }, { as: "contact" }));
const said = async (conversationId: string) =>
  (await messagesOf(scene, workspaceId, conversationId)).filter(({ author }) => author.kind !== "contact").map(({ text }) => text);
const openTurn = async (conversationId: string) =>
  (await turnsOf(scene, workspaceId, conversationId)).find(({ state }) => state === "received")?.id ?? "";
const turn = async (conversationId: string, confidence: number) => {
  const provider = scriptedProvider(says("You can return a kettle within 45 days of delivery. [1]"), confidence);
  await reply(
    { inWorkspace: scene.inWorkspace, provider, openDeltas: recordDeltas().openDeltas },
    workspaceId,
    await openTurn(conversationId),
  );
};

describe("a handover outside of the business hours", () => {
  it("says when people are back, once, and then the fallback message", async () => {
    await hours(closed);
    const { conversation } = await startAs(scene, workspaceId, (await agentWith("A human comes.")).id, question);
    await turn(conversation.id, 0.1);
    await send(conversation.id, question);
    await turn(conversation.id, 0.1);
    expect(await said(conversation.id)).toEqual(["Closed until —.", "Not sure."]);
    // Back in the hours it is the handover's own text; and once people were there, it is news again that they are not.
    await hours(open);
    await send(conversation.id, question);
    await turn(conversation.id, 0.1);
    expect((await said(conversation.id)).at(-1)).toBe("A human comes.");
    const day = new Date(Date.now() - 2 * 86_400_000);
    const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const yesterday = names[(day.getUTCDay() + 1) % 7];
    await hours({ ...closed, timezone: "UTC", weekly: [{ day: yesterday, from: "00:00", to: "24:00" }] });
    await within(({ tx }) =>
      tx.update(conversationTable).set({ handoffAt: sql`now() - interval '2 days'` }).where(eq(conversationTable.id, conversation.id)),
    );
    await send(conversation.id, question);
    await turn(conversation.id, 0.1);
    expect((await said(conversation.id)).at(-1)).toMatch(/^Closed until \w+day, \w+ \d+ at 12:00 AM UTC\.$/);
  });

  it("is no matter to an answer", async () => {
    await hours(closed);
    const { conversation } = await startAs(scene, workspaceId, (await agentWith(null)).id, question);
    await turn(conversation.id, 0.95);
    expect(await said(conversation.id)).toEqual(["You can return a kettle within 45 days of delivery. [1]"]);
  });
});

describe("who answers when", () => {
  it.each([
    ["ai_out_of_hours", open, ["Welcome."]],
    ["ai_in_hours", closed, ["Closed until —."]],
  ])("%s: people, and the customer hears it once", async (mode, when, texts) => {
    await hours({ ...when, mode });
    const { conversation } = await startAs(scene, workspaceId, (await agentWith("Welcome.")).id, question);
    await send(conversation.id, "Hello?");
    expect(await turnsOf(scene, workspaceId, conversation.id)).toEqual([]);
    expect(await said(conversation.id)).toEqual(texts);
    const [row] = await within(({ tx }) => tx.select().from(conversationTable).where(eq(conversationTable.id, conversation.id)));
    expect(row).toMatchObject({ status: "pending", handler: "ai", handoffReason: "business_hours" });
  });

  it.each([
    ["ai_out_of_hours", closed],
    ["ai_in_hours", open],
    ["ai_always", closed],
  ])("%s: the agent, at the other times", async (mode, when) => {
    await hours({ ...when, mode });
    const { conversation } = await startAs(scene, workspaceId, (await agentWith(null)).id, question);
    expect(await openTurn(conversation.id)).not.toBe("");
    await hours(null);
  });
});

describe("a channel with several agents", () => {
  it("gives each conversation one of them by its label when it begins, and that one stays", async () => {
    const [front, billing, sales] = await Promise.all(
      ["Front", "Billing", "Sales"].map((name) => quickAgent(scene, workspaceId, { name, greeting: name })),
    );
    if (!front || !billing || !sales) throw new Error("three agents");
    const shop = await within((ws) => createChannel(ws, deps.sealer, { kind: "web", name: "Shop", agentId: front.id, settings: {} }));
    const routes = [
      { label: " Billing ", agentId: billing.id },
      { label: "sales", agentId: sales.id },
    ];
    expect((await update(shop.id, { routes })).routes[0]).toEqual({ label: "billing", agentId: billing.id });
    const visit = async (labels?: string[], visitorToken?: string) => {
      const input = { publicKey: shop.publicKey ?? "", ...(labels ? { labels } : {}), ...(visitorToken ? { visitorToken } : {}) };
      const opened = await openWidget(deps, input, { ip: "10.2.0.1", origin: null });
      const claims = await deps.tokens.verify(opened.visitorToken);
      const as = <Result>(verb: (ws: WorkspaceCtx, who: Visitor) => Promise<Result>) =>
        within(async (ws) => verb(ws, await admitVisitor(ws, claims, null)));
      return { ...opened, as };
    };
    const agentOf = async (labels?: string[]) => {
      const opened = await visit(labels);
      const { conversation } = await opened.as((ws, who) => sendAsVisitor(ws, who, { text: question }));
      const [row] = await within(({ tx }) => tx.select().from(conversationTable).where(eq(conversationTable.id, conversation.id)));
      return [opened.agent.name, row?.agentId];
    };
    expect(await agentOf()).toEqual(["Front", front.id]);
    expect(await agentOf(["unknown"])).toEqual(["Front", front.id]);
    expect(await agentOf(["sales"])).toEqual(["Sales", sales.id]);
    expect(await agentOf(["sales", "billing"])).toEqual(["Billing", billing.id]); // The channel's order, not the page's.
    const begun = await visit(["sales"]);
    const first = await begun.as((ws, who) => sendAsVisitor(ws, who, { text: question }));
    const back = await visit(["billing"], begun.visitorToken);
    const again = await back.as((ws, who) => sendAsVisitor(ws, who, { text: "One more" }));
    expect([back.agent.name, again.conversation.id]).toEqual(["Sales", first.conversation.id]);
    expect(await turnsOf(scene, workspaceId, first.conversation.id)).toHaveLength(1);
  });

  it("hands a visitor to people by the widget's button with the text of the hour", async () => {
    const agent = await agentWith("A human comes.");
    const shop = await within((ws) => createChannel(ws, deps.sealer, { kind: "web", name: "Closed", agentId: agent.id, settings: {} }));
    await update(shop.id, { businessHours: closed });
    const opened = await openWidget(deps, { publicKey: shop.publicKey ?? "" }, { ip: "10.2.0.2", origin: null });
    const claims = await deps.tokens.verify(opened.visitorToken);
    const { conversation } = await within(async (ws) => sendAsVisitor(ws, await admitVisitor(ws, claims, null), { text: question }));
    await within(async (ws) => requestHuman(ws, await admitVisitor(ws, claims, null)));
    expect(await said(conversation.id)).toEqual(["Closed until —."]);
  });
});
