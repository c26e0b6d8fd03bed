import { document } from "@axon/db/schema/knowledge";
import { asc } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deleteDocument, holdDocuments } from "../knowledge/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import type { ReplyDeps } from "./index.ts";
import { knowledgeAbout, messagesOf, quickAgent, recordDeltas, reply, scriptedProvider, startAs, turnsOf } from "./stage.fixture.ts";

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

const deleteAll = () =>
  scene.inWorkspace(workspaceId, async (ws) => {
    const rows = await ws.tx.select({ id: document.id }).from(document).orderBy(asc(document.id));
    for (const { id } of rows) await deleteDocument(ws, id);
  });

type Stage = "before the search" | "while the model writes" | "after its last word" | "between the answer and its commit";

/** Answers a question; the document is deleted at the stage. */
async function answerWhileDeleting(stage: Stage) {
  const provider = scriptedProvider(async function* () {
    yield { type: "action", action: "answer" };
    yield { type: "text", text: "You can return a kettle " };
    if (stage === "while the model writes") await deleteAll();
    yield { type: "text", text: "within 45 days of delivery. [1]" };
    if (stage === "after its last word") await deleteAll();
    yield { type: "finish", reason: "stop" };
  });
  const { openDeltas } = recordDeltas();
  const deps: ReplyDeps = {
    inWorkspace: scene.inWorkspace,
    provider,
    // All pieces are out and nothing is stored yet: the last moment before the commit.
    openDeltas: (about) => ({
      ...openDeltas(about),
      flush: async () => {
        if (stage === "between the answer and its commit") await deleteAll();
      },
    }),
  };
  if (stage === "before the search") await deleteAll();
  const { conversation } = await startAs(scene, workspaceId, agentId, "Within how many days can I return a kettle?");
  const [turn] = await turnsOf(scene, workspaceId, conversation.id);
  await reply(deps, workspaceId, turn?.id ?? "");
  const replies = (await messagesOf(scene, workspaceId, conversation.id)).filter(({ author }) => author.kind === "ai");
  return { replies, turns: await turnsOf(scene, workspaceId, conversation.id) };
}

describe("a document deleted while an answer is made from it", () => {
  it.each<Stage>(["before the search", "while the model writes", "after its last word", "between the answer and its commit"])(
    "is not cited and not repeated: %s",
    async (stage) => {
      const { replies, turns } = await answerWhileDeleting(stage);
      expect(replies).toHaveLength(1);
      expect(replies[0]?.citations ?? []).toEqual([]);
      expect(replies[0]?.text).not.toContain("45");
      expect(turns).toMatchObject([{ state: "handed_off" }]);
    },
  );

  it("waits for an answer that is being committed, so that either it is cited while it is there or not at all", async () => {
    const order: string[] = [];
    let deleting: Promise<unknown> = Promise.resolve();
    await scene.inWorkspace(workspaceId, async (ws) => {
      const ids = (await ws.tx.select({ id: document.id }).from(document)).map(({ id }) => id);
      expect(await holdDocuments(ws, ids)).toBe(true);
      deleting = deleteAll().then(() => order.push("deleted"));
      // The embedded engine has one connection: there the other transaction could not even begin.
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push("committing");
    });
    await deleting;
    expect(order).toEqual(["committing", "deleted"]);
  });
});
