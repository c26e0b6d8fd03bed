/** Questions that nothing answered: kept, put on piles, waved away, and closed by what is published later. */
import { createLocalProvider } from "@axon/ai/local/provider";
import type { HandoffReason } from "@axon/contracts/answers";
import type { Gap } from "@axon/contracts/gaps";
import { questionGap } from "@axon/db/schema/evaluation";
import { chunk } from "@axon/db/schema/knowledge";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { knowledgeAbout, quickAgent, recordDeltas, reply, startAs, turnsOf } from "../conversations/stage.fixture.ts";
import { closeGapsLater } from "../knowledge/close-gaps-later.ts";
import { outboxOf } from "../knowledge/library.fixture.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { closeGaps, dismissGap, groupGap, listGaps } from "./index.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
  await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
  agentId = (await quickAgent(scene, workspaceId)).id;
});

const run = { signal: new AbortController().signal };
const deps = () => ({ inWorkspace: scene.inWorkspace, provider: createLocalProvider() });
const gapsOf = (state: Gap["state"] = "open", limit = 10) => scene.inWorkspace(workspaceId, (ws) => listGaps(ws, { state, limit }));

/** A customer asks, and the agent hands over; then the job that follows. */
async function asked(question: string): Promise<void> {
  const { conversation } = await startAs(scene, workspaceId, agentId, question);
  const [turn] = await turnsOf(scene, workspaceId, conversation.id);
  await reply({ ...deps(), openDeltas: recordDeltas().openDeltas }, workspaceId, turn?.id ?? "");
  await groupAll();
}

async function groupAll(): Promise<void> {
  for (const { name, payload } of await outboxOf(scene, workspaceId)) {
    if (name === "analytics.group-gap") await groupGap(deps(), { workspaceId, questionId: String(payload["questionId"]) }, run);
  }
}

const close = () => closeGaps(deps(), { workspaceId, documentId: agentId }, run);
/** As if published just now by the way through the queue. */
async function publish(title: string, text: string): Promise<void> {
  await knowledgeAbout(scene, workspaceId, title, text);
  await scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.update(chunk).set({ publishedAt: sql`clock_timestamp()` }).where(eq(chunk.title, title)),
  );
}

describe("a question that nothing answered", () => {
  it("is kept with the words that the knowledge lacks, once for its turn", async () => {
    await asked("Do you ship umbrellas to Canada?");
    await groupAll();
    const { items } = await gapsOf();
    expect(items).toMatchObject([
      { state: "open", count: 1, examples: ["Do you ship umbrellas to Canada?"], agentIds: [agentId], answeredBy: null },
    ]);
    expect(items[0]?.lacking.sort()).toEqual(["canada", "ship", "umbrellas"]);
  });

  it("is none when the customer was answered, or only asked for a person", async () => {
    await asked("Within how many days can I return a kettle?");
    await asked("I want to talk to a human");
    expect((await gapsOf()).items).toEqual([]);
  });

  it("goes on the pile of those that ask about the same, and others on their own", async () => {
    await asked("Do you ship umbrellas to Canada?");
    await asked("Can you ship an umbrella to Canada?");
    await asked("Is there a warranty for toasters?");
    const { items } = await gapsOf();
    expect(items.map(({ count, examples }) => [count, examples.length])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const first = await gapsOf("open", 1);
    const second = await scene.inWorkspace(workspaceId, (ws) => listGaps(ws, { state: "open", limit: 1, cursor: first.nextCursor ?? "" }));
    expect([...first.items, ...second.items]).toEqual(items);
    expect(second.nextCursor).toBeNull();
  });

  it("that somebody waved away stays so when it is asked again; twice is once", async () => {
    await asked("Do you ship umbrellas to Canada?");
    const [pile] = (await gapsOf()).items;
    const dismiss = () => scene.inWorkspace(workspaceId, (ws) => dismissGap(ws, pile?.id ?? ""));
    await dismiss();
    await dismiss();
    await asked("Do you ship umbrellas to Canada?");
    expect((await gapsOf()).items).toEqual([]);
    expect((await gapsOf("dismissed")).items).toMatchObject([{ id: pile?.id, count: 2 }]);
  });

  it("is nobody's but its workspace's", async () => {
    await asked("Do you ship umbrellas to Canada?");
    const [pile] = (await gapsOf()).items;
    const { workspaceId: stranger } = await scene.found("stranger");
    expect((await scene.inWorkspace(stranger, (ws) => listGaps(ws, { state: "open", limit: 10 }))).items).toEqual([]);
    await expect(scene.inWorkspace(stranger, (ws) => dismissGap(ws, pile?.id ?? ""))).rejects.toMatchObject({ reason: "not_found" });
    await expect(scene.inWorkspace(stranger, (ws) => listGaps(ws, { state: "open", limit: 1, agentId }))).rejects.toMatchObject({
      reason: "not_found",
    });
  });
});

describe("what is published later", () => {
  it("closes the pile that it answers, names the document, and leaves the others open", async () => {
    await asked("Do you ship umbrellas to Canada?");
    await asked("Is there a warranty for toasters?");
    await publish(
      "Shipping of umbrellas to Canada",
      "We ship umbrellas to Canada. Do you ship umbrellas to Canada? Yes, within nine days.",
    );
    await close();
    await close();
    expect((await gapsOf()).items.map(({ examples }) => examples)).toEqual([["Is there a warranty for toasters?"]]);
    expect((await gapsOf("answered")).items).toMatchObject([{ count: 1, answeredBy: expect.any(String) }]);
  });

  it("closes nothing when it is about something else, or was there before the question was asked", async () => {
    await asked("Do you ship umbrellas to Canada?");
    await publish("Opening hours", "We are open from nine to five.");
    await close();
    expect((await gapsOf()).items).toHaveLength(1);
    await publish("Shipping of umbrellas to Canada", "We ship umbrellas to Canada within nine days.");
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(chunk).set({ publishedAt: sql`now() - interval '1 day'` }));
    await close();
    expect((await gapsOf()).items).toHaveLength(1);
  });

  it("begins a new pile when it is asked again after it was answered: it was no answer", async () => {
    await asked("Do you ship umbrellas to Canada?");
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(questionGap).set({ state: "answered" }));
    await asked("Do you ship umbrellas to Canada?");
    expect((await gapsOf()).items).toMatchObject([{ count: 1 }]);
  });

  it("has the open ones looked at once for many documents, and only if there are any", async () => {
    const jobs = async () => (await outboxOf(scene, workspaceId)).filter(({ name }) => name === "analytics.close-gaps");
    const later = () => scene.inWorkspace(workspaceId, (ws) => closeGapsLater(ws, agentId, 5_000));
    await later();
    expect(await jobs()).toEqual([]);
    await asked("Do you ship umbrellas to Canada?");
    await later();
    await later();
    expect(new Set((await jobs()).map(({ key }) => key)).size).toBe(1);
  });
});

describe("the reasons that leave a question open", () => {
  it("are those that say that something is lacking", async () => {
    await asked("Do you ship umbrellas to Canada?");
    const [pile] = (await gapsOf()).items;
    const lacking: HandoffReason[] = ["low_confidence", "no_knowledge", "model_asked", "model_uncited", "ungrounded"];
    expect(lacking).toContain(pile?.reasons[0]);
  });
});
