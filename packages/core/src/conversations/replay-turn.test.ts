/** Stored turns run again, beside what was said then. */
import type { ChatRequest } from "@axon/ai/provider";
import { replayInput } from "@axon/contracts/replay";
import { message, turn } from "@axon/db/schema/conversations";
import { event } from "@axon/db/schema/engine";
import { chunk, document } from "@axon/db/schema/knowledge";
import { count, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { publishAgent, updateAgent } from "../agents/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { sendMessage } from "./index.ts";
import { replayTurn } from "./replay-turn.ts";
import {
  knowledgeAbout,
  messagesOf,
  quickAgent,
  recordDeltas,
  reply,
  type Script,
  says,
  scriptedProvider,
  startAs,
  turnsOf,
} from "./stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
  agentId = (await quickAgent(scene, workspaceId)).id;
  await newText("Returns", "You can return a kettle within 45 days of delivery.");
});

const question = "Within how many days can I return a kettle?";
/** Says what the first passage says; an agent that is told to keep silent hands over. */
const script: Script = (request: ChatRequest) => {
  if (!request.agent.systemPrompt.includes("silent")) return says(`${request.passages[0]?.text ?? ""} [1]`)(request, undefined);
  return (async function* () {
    yield { type: "action", action: "handoff" } as const;
    yield { type: "finish", reason: "stop" } as const;
  })();
};
const deps = () => ({ inWorkspace: scene.inWorkspace, provider: scriptedProvider(script) });

/** Published a moment ago, and so before whatever is asked now. */
async function newText(title: string, text: string): Promise<void> {
  await knowledgeAbout(scene, workspaceId, title, text);
  await scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.update(chunk).set({ publishedAt: sql`now() - interval '1 minute'` }).where(eq(chunk.title, title)),
  );
}

async function answered(text = question): Promise<{ turnId: string; conversationId: string }> {
  const { conversation } = await startAs(scene, workspaceId, agentId, text);
  const [open] = await turnsOf(scene, workspaceId, conversation.id);
  await reply({ ...deps(), openDeltas: recordDeltas().openDeltas }, workspaceId, open?.id ?? "");
  return { turnId: open?.id ?? "", conversationId: conversation.id };
}

const replay = (input: object, workspace = workspaceId) =>
  replayTurn(deps(), workspace, replayInput.parse(input), new AbortController().signal);

describe("a stored turn run again", () => {
  it("comes to the same where nothing has changed, and leaves nothing behind", async () => {
    const { turnId, conversationId } = await answered();
    const rows = () =>
      scene.inWorkspace(workspaceId, async ({ tx }) =>
        Promise.all([turn, message, event].map(async (table) => (await tx.select({ rows: count() }).from(table))[0]?.rows)),
      );
    const before = await rows();
    const given = await replay({ turnId });
    expect(given).toMatchObject({
      ...{ turnId, conversationId, question, asOf: null },
      now: { action: "answer", version: 1, reason: null },
      diff: { actionChanged: false, confidenceChange: 0, citationsAdded: [], citationsRemoved: [], passagesAdded: [], passagesRemoved: [] },
    });
    expect(given.then).toEqual(given.now);
    expect(given.diff.text.map(({ kind }) => kind)).toEqual(["same"]);
    expect(await rows()).toEqual(before);
  });

  it("is found by its reply and by what the customer wrote", async () => {
    const { turnId, conversationId } = await answered();
    for (const { id } of await messagesOf(scene, workspaceId, conversationId))
      expect((await replay({ messageId: id })).turnId).toBe(turnId);
  });

  it("is answered by another version, and both are shown side by side", async () => {
    const { turnId } = await answered();
    const defaults = { confidenceThreshold: 0.5 };
    await scene.inWorkspace(workspaceId, (ws) => updateAgent(ws, { agentId, systemPrompt: "Keep silent." }, defaults));
    expect((await replay({ turnId })).diff.actionChanged).toBe(false);
    const draft = await replay({ turnId, version: "draft" });
    expect(draft.then.action).toBe("answer");
    expect(draft).toMatchObject({
      now: { action: "handoff", reason: "model_asked", version: 0 },
      diff: { actionChanged: true },
    });
    expect(draft.diff.citationsRemoved).toHaveLength(1);
    await scene.inWorkspace(workspaceId, (ws) => publishAgent(ws, { agentId, force: false }, { by: null, defaults, gate: async () => {} }));
    expect((await replay({ turnId })).now).toMatchObject({ action: "handoff", version: 2 });
    expect((await replay({ turnId, version: 1 })).now).toMatchObject({ action: "answer", version: 1 });
    await expect(replay({ turnId, version: 9 })).rejects.toMatchObject({ reason: "not_found" });
  });

  it("is answered from what is known now, or from what was known then", async () => {
    const { turnId } = await answered();
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(chunk).set({ searchable: false, retiredAt: sql`now()` }));
    await newText("Returns today", "You can return a kettle within 90 days of delivery.");
    await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.update(chunk).set({ publishedAt: sql`now()` }).where(eq(chunk.title, "Returns today")),
    );
    const now = await replay({ turnId });
    expect(now.now.answer).toContain("90 days");
    expect(now.diff.passagesAdded).toMatchObject([{ title: "Returns today", state: "present" }]);
    expect(now.diff.passagesRemoved).toMatchObject([{ title: "Returns", state: "gone" }]);
    expect(now.diff.text.filter(({ kind }) => kind !== "same").map(({ kind }) => kind)).toEqual(["removed", "added"]);
    const then = await replay({ turnId, knowledge: "then" });
    expect(then.now.answer).toContain("45 days");
    expect(then).toMatchObject({ asOf: expect.any(String), diff: { passagesAdded: [], passagesRemoved: [] } });
    expect((await replay({ turnId, asOf: "2020-01-01T00:00:00Z" })).now).toMatchObject({ action: "handoff", reason: "no_knowledge" });
  });

  it("names passages whose document is gone by their ids alone", async () => {
    const { turnId } = await answered();
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.delete(document));
    const given = await replay({ turnId, knowledge: "then" });
    expect(given.now).toMatchObject({ action: "handoff", reason: "no_knowledge" });
    expect(given.diff.passagesRemoved).toMatchObject([{ title: null, state: "deleted" }]);
  });

  it("that was handed over can be tried again as well, with what was said before it and nothing of what came after", async () => {
    const { turnId, conversationId } = await answered("Do you ship umbrellas to Canada?");
    const speaker = { as: "member" as const, accountId: null, name: "Mia" };
    await scene.inWorkspace(workspaceId, (ws) => sendMessage(ws, { conversationId, text: "Only on Mondays.", as: "member" }, speaker));
    const using = deps();
    const given = await replayTurn(using, workspaceId, replayInput.parse({ turnId }), new AbortController().signal);
    expect(given.question).toBe("Do you ship umbrellas to Canada?");
    expect(JSON.stringify(using.provider.asked)).not.toContain("Mondays");
  });

  it("must have run to its end, and is nobody's but its workspace's", async () => {
    const { conversation } = await startAs(scene, workspaceId, agentId, question);
    const [open] = await turnsOf(scene, workspaceId, conversation.id);
    await expect(replay({ turnId: open?.id })).rejects.toMatchObject({ reason: "invalid_state" });
    const { turnId, conversationId } = await answered();
    const { workspaceId: stranger } = await scene.found("stranger");
    await expect(replay({ turnId }, stranger)).rejects.toMatchObject({ reason: "not_found" });
    const [first] = await messagesOf(scene, workspaceId, conversationId);
    await expect(replay({ messageId: first?.id }, stranger)).rejects.toMatchObject({ reason: "not_found" });
  });
});
