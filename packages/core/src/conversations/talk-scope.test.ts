import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { sendMessage } from "./index.ts";
import { knowledgeAbout, messagesOf, quickAgent, recordDeltas, reply, says, scriptedProvider, startAs, turnsOf } from "./stage.fixture.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

describe("after a handover", () => {
  it("the model does not read what was said before it, and the customer was told in their language", async () => {
    const { workspaceId } = await scene.found("owner");
    await knowledgeAbout(scene, workspaceId, "Returns", "You can return a kettle within 45 days of delivery.");
    const agentId = (await quickAgent(scene, workspaceId)).id;
    const provider = scriptedProvider(says("You can return a kettle within 45 days of delivery. [1]"));
    const deps = { inWorkspace: scene.inWorkspace, provider, openDeltas: recordDeltas().openDeltas };
    const { conversation } = await startAs(scene, workspaceId, agentId, "Ich möchte mit einem Menschen sprechen, bitte.");
    const answerOpen = async () => {
      const open = (await turnsOf(scene, workspaceId, conversation.id)).find(({ state }) => state === "received");
      await reply(deps, workspaceId, open?.id ?? "");
    };
    const ask = async (text: string) => {
      await scene.inWorkspace(workspaceId, (ws) =>
        sendMessage(ws, { conversationId: conversation.id, text, as: "contact" }, { as: "contact" }),
      );
      await answerOpen();
    };
    await answerOpen();
    expect((await messagesOf(scene, workspaceId, conversation.id)).at(-1)?.text).toContain("um Hilfe gebeten");
    await ask("Within how many days can I return a kettle?");
    expect(provider.asked.at(-1)?.history).toEqual([]);
    await ask("And how many days can I return a kettle after delivery?");
    expect(provider.asked.at(-1)?.history.map(({ text }) => text)).toEqual([
      "Within how many days can I return a kettle?",
      "You can return a kettle within 45 days of delivery. [1]",
    ]);
  });
});
