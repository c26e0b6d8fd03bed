/** What is internal is not told to customers: it never comes into the prompt. */
import type { AnswerResult } from "@axon/ai/answer";
import { agentSettings } from "@axon/contracts/agents";
import { chunk } from "@axon/db/schema/knowledge";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { answerQuestion } from "./answer-question.ts";
import { knowledgeAbout, says, scriptedProvider } from "./stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
beforeAll(async () => {
  scene = await openScene();
  ({ workspaceId } = await scene.found("discreet"));
  await knowledgeAbout(scene, workspaceId, "Prices", "A night in the lighthouse costs ninety euros.");
  await knowledgeAbout(scene, workspaceId, "Margins", "Our margin on a night in the lighthouse is forty euros.");
  await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(chunk).set({ audience: "internal" }).where(eq(chunk.title, "Margins")));
});
afterAll(() => scene?.close());

async function ask(internal: boolean): Promise<{ titles: string[]; result: AnswerResult | undefined }> {
  const provider = scriptedProvider(says("A night in the lighthouse costs ninety euros [1]."));
  const settings = agentSettings.parse({ name: "Ada", retrieval: { internal } });
  const asked = {
    workspaceId,
    agent: { id: workspaceId, version: 1, settings },
    question: "What is the margin on a night in the lighthouse?",
    history: [],
  };
  let result: AnswerResult | undefined;
  for await (const part of answerQuestion({ inWorkspace: scene.inWorkspace, provider }, asked, new AbortController().signal)) {
    if (part.type === "final") result = part.result;
  }
  return { titles: provider.asked.flatMap(({ passages }) => passages.map(({ title }) => title)), result };
}

describe("an agent that answers customers", () => {
  it("is given public texts only, and its trace knows of no other", async () => {
    const { titles, result } = await ask(false);
    expect(new Set(titles)).toEqual(new Set(["Prices"]));
    expect(result?.trace.hits).toHaveLength(1);
    expect(JSON.stringify(result)).not.toContain("argin on");
  });

  it("is given internal ones as well when it was set to", async () => {
    expect(new Set((await ask(true)).titles)).toEqual(new Set(["Prices", "Margins"]));
  });
});
