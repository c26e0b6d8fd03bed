/** Golden questions, runs of them, and the gate that they are before publishing. */
import type { ChatRequest } from "@axon/ai/provider";
import { createGoldenInput, createManyGoldenInput, evaluateInput, goldenQuestionsMax, updateGoldenInput } from "@axon/contracts/evaluation";
import { message, turn } from "@axon/db/schema/conversations";
import { event } from "@axon/db/schema/engine";
import { evaluation, questionGap } from "@axon/db/schema/evaluation";
import { and, asc, count, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  cancelEvaluation,
  createGolden,
  createManyGolden,
  deleteGolden,
  getEvaluation,
  goldenGate,
  listEvaluations,
  listGolden,
  listResults,
  publishAgent,
  requeueEvaluation,
  startEvaluation,
  updateAgent,
  updateGolden,
} from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { dyingAt, outboxOf } from "../knowledge/library.fixture.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { runEvaluation } from "./run-evaluation.ts";
import { knowledgeAbout, quickAgent, type Script, says, scriptedProvider } from "./stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;
let accountId: string;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  ({ workspaceId, accountId } = await scene.found("owner"));
  await knowledgeAbout(
    scene,
    workspaceId,
    "Returns",
    "You can return a kettle within 45 days of delivery. Toasters are repaired for free.",
  );
  agentId = (await quickAgent(scene, workspaceId)).id;
});

const within = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>, workspace = workspaceId) => scene.inWorkspace(workspace, verb);
const defaults = { confidenceThreshold: 0.5 };

/** Knows about kettles; about toasters only an agent that is told to. Everything else it hands over. */
const script: Script = (request: ChatRequest) => {
  if (request.question.includes("kettle")) return says("You can return a kettle within 45 days of delivery. [1]")(request, undefined);
  if (request.question.includes("toaster") && !request.agent.systemPrompt.includes("no toasters")) {
    return says("Toasters are repaired for free. [1]")(request, undefined);
  }
  return (async function* () {
    yield { type: "action", action: "handoff" } as const;
    yield { type: "finish", reason: "stop" } as const;
  })();
};
const deps = (inWorkspace = scene.inWorkspace) => ({ inWorkspace, provider: scriptedProvider(script) });

const golden = [
  { question: "Within how many days can I return a kettle?", facts: ["45 days"] },
  { question: "Are toasters repaired for free? My toaster is broken", facts: ["for free|free of charge"], forbidden: ["must pay"] },
  { question: "Will you marry me?", expect: "handoff" as const },
];
const fill = (questions: readonly object[] = golden) =>
  within((ws) => createManyGolden(ws, createManyGoldenInput.parse({ agentId, questions })));
const evaluate = (version: number | "draft" = "draft", workspace = workspaceId) =>
  within((ws) => startEvaluation(ws, evaluateInput.parse({ agentId, version }), accountId), workspace);
const run = (evaluationId: string, using = deps(), workspace = workspaceId) =>
  runEvaluation(using, { workspaceId: workspace, evaluationId }, { signal: new AbortController().signal });
const read = (evaluationId: string) => within((ws) => getEvaluation(ws, evaluationId));
const resultsOf = async (evaluationId: string, failedOnly = false) =>
  (await within((ws) => listResults(ws, { evaluationId, failedOnly, limit: 100 }))).items;
const all = async () => (await within((ws) => listEvaluations(ws, { agentId, limit: 100 }))).items;
const draft = (systemPrompt: string) => within((ws) => updateAgent(ws, { agentId, systemPrompt }, defaults));
const publish = (force = false, mayForce = false) =>
  within((ws) =>
    publishAgent(ws, { agentId, force }, { by: accountId, defaults, gate: (inside, candidate) => goldenGate(inside, candidate, mayForce) }),
  );
/** Runs everything that waits. */
const runAll = async () => {
  for (const { id, state } of await all()) if (state === "queued") await run(id);
};

describe("golden questions", () => {
  it("are kept, changed, listed in their order and deleted", async () => {
    const { items } = await fill();
    expect(items.map(({ question }) => question)).toEqual(golden.map(({ question }) => question));
    const [first, second] = items;
    const changed = await within((ws) => updateGolden(ws, updateGoldenInput.parse({ questionId: first?.id, facts: ["45"] })));
    expect(changed).toMatchObject({ id: first?.id, question: first?.question, facts: ["45"], expect: "answer" });
    await within((ws) => deleteGolden(ws, second?.id ?? ""));
    const page = await within((ws) => listGolden(ws, { agentId, limit: 1 }));
    const rest = await within((ws) => listGolden(ws, { agentId, limit: 1, cursor: page.nextCursor ?? "" }));
    expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual([first?.id, items[2]?.id]);
    expect(rest.nextCursor).toBeNull();
  });

  it("are refused for what they say, and then none of an import is kept", async () => {
    for (const [wrong, field] of [
      [{ question: "Hm?", expect: "handoff", facts: ["yes"] }, "facts"],
      [{ question: "Hm?", facts: [" | "] }, "facts"],
      [{ question: "Hm?", forbidden: ["…"] }, "forbidden"],
    ] as const) {
      await expect(fill([...golden, wrong])).rejects.toMatchObject({
        reason: "validation",
        details: { fields: { [field]: expect.any(String) }, position: 3 },
      });
    }
    expect((await within((ws) => listGolden(ws, { agentId, limit: 10 }))).items).toEqual([]);
    const [kept] = (await fill()).items;
    await expect(
      within((ws) => updateGolden(ws, updateGoldenInput.parse({ questionId: kept?.id, expect: "handoff" }))),
    ).rejects.toMatchObject({ reason: "validation" });
  });

  it("are no more than an agent may have, however many come at once", async () => {
    const hundred = (from: number) => Array.from({ length: 100 }, (_, index) => ({ question: `Question ${from + index}?` }));
    for (let from = 0; from < goldenQuestionsMax - 100; from += 100) await fill(hundred(from));
    const outcomes = await Promise.allSettled([fill(hundred(1000)), fill(hundred(2000)), fill(hundred(3000))]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(within((ws) => createGolden(ws, createGoldenInput.parse({ agentId, question: "One more?" })))).rejects.toMatchObject({
      reason: "plan_limit",
      details: { limit: goldenQuestionsMax, used: goldenQuestionsMax },
    });
  });

  it("come once from the same request", async () => {
    const input = createGoldenInput.parse({ agentId, question: "Twice?", idempotencyKey: "same" });
    const once = await within((ws) => createGolden(ws, input));
    expect(await within((ws) => createGolden(ws, input))).toEqual(once);
    expect((await within((ws) => listGolden(ws, { agentId, limit: 10 }))).items).toHaveLength(1);
  });

  it("and their runs are nobody's but their workspace's", async () => {
    const { items } = await fill();
    const { id } = await evaluate();
    const { workspaceId: stranger } = await scene.found("stranger");
    const questionId = items[0]?.id ?? "";
    for (const attempt of [
      () => within((ws) => createManyGolden(ws, createManyGoldenInput.parse({ agentId, questions: golden })), stranger),
      () => within((ws) => listGolden(ws, { agentId, limit: 1 }), stranger),
      () => within((ws) => updateGolden(ws, updateGoldenInput.parse({ questionId, question: "Mine?" })), stranger),
      () => within((ws) => deleteGolden(ws, questionId), stranger),
      () => evaluate("draft", stranger),
      () => within((ws) => getEvaluation(ws, id), stranger),
      () => within((ws) => listResults(ws, { evaluationId: id, failedOnly: false, limit: 1 }), stranger),
      () => within((ws) => cancelEvaluation(ws, id), stranger),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ reason: "not_found" });
    }
    await run(id, deps(), stranger);
    expect(await read(id)).toMatchObject({ state: "queued", done: 0 });
  });
});

describe("an evaluation", () => {
  it("tries every question, says what failed and why, and tells of each step", async () => {
    await fill([...golden, { question: "How long may I keep a kettle before returning it?", facts: ["60 days"], forbidden: ["45"] }]);
    const started = await evaluate();
    expect(started).toMatchObject({ state: "queued", version: 1, done: 0, total: 4, passRate: null });
    await run(started.id);
    expect(await read(started.id)).toMatchObject({ state: "done", done: 4, passed: 3, passRate: 0.75, endedAt: expect.any(String) });
    const results = await resultsOf(started.id);
    expect(results.map(({ passed, action }) => [passed, action])).toEqual([
      [true, "answer"],
      [true, "answer"],
      [true, "handoff"],
      [false, "answer"],
    ]);
    expect(await resultsOf(started.id, true)).toMatchObject([
      {
        position: 3,
        failures: [
          { kind: "fact_missing", detail: "60 days" },
          { kind: "forbidden", detail: "45" },
        ],
      },
    ]);
    const told = await within(({ tx }) =>
      tx.select({ body: event.body }).from(event).where(eq(event.type, "evaluation.progress")).orderBy(asc(event.workspaceSeq)),
    );
    expect(told.map(({ body }) => [body["state"], body["done"], body["passed"]])).toEqual([
      ["queued", 0, 0],
      ["running", 1, 1],
      ["running", 2, 2],
      ["running", 3, 3],
      ["done", 4, 3],
    ]);
  });

  it("leaves nothing behind that a customer's question would", async () => {
    await fill();
    const { id } = await evaluate();
    await run(id);
    const left = await within(async ({ tx }) =>
      Promise.all([turn, message, questionGap].map(async (table) => (await tx.select({ rows: count() }).from(table))[0]?.rows)),
    );
    expect(left).toEqual([0, 0, 0]);
  });

  it("asked for twice is one run, and done twice is done once", async () => {
    await fill();
    const asked = await Promise.all([evaluate(), evaluate(), evaluate()]);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    const { id } = asked[0];
    const using = deps();
    await run(id, using);
    const afterOnce = using.provider.asked.length;
    await run(id, using);
    expect(using.provider.asked).toHaveLength(afterOnce);
    expect((await evaluate()).id).not.toBe(id); // A run that has ended can be asked for again.
  });

  it("of a draft has the live version tried beside it, once", async () => {
    await fill();
    await draft("Be short.");
    await evaluate();
    await evaluate();
    expect((await all()).map(({ version }) => version).sort()).toEqual([1, null]);
    await runAll();
    await draft("Be very short.");
    await evaluate();
    // The live version was tried a moment ago.
    expect((await all()).map(({ version }) => version).filter((version) => version === 1)).toHaveLength(1);
  });

  it("survives its worker at every step: no question is lost or counted twice", async () => {
    await fill();
    for (let at = 1; at <= 6; at += 1) {
      for (const when of ["before", "after"] as const) {
        const { id } = await evaluate();
        const dying = dyingAt(scene.inWorkspace, at, when);
        await run(id, deps(dying.inWorkspace)).catch(() => {});
        await within(({ tx }) =>
          tx
            .update(evaluation)
            .set({ leaseUntil: sql`now() - interval '1 second'` })
            .where(and(eq(evaluation.id, id), eq(evaluation.state, "running"))),
        );
        await run(id);
        expect(await read(id), `${when} ${at}`).toMatchObject({ state: "done", done: 3, passed: 3 });
        expect((await resultsOf(id)).map(({ position }) => position)).toEqual([0, 1, 2]);
      }
    }
  });

  it("is given up when it breaks one worker after another, and found again when its worker is gone", async () => {
    await fill();
    const { id } = await evaluate();
    const broken = {
      ...deps(),
      provider: { ...deps().provider, embedder: { ...deps().provider.embedder, embed: () => Promise.reject(new Error("broken")) } },
    };
    for (let attempt = 0; attempt < 6; attempt += 1) await expect(run(id, broken)).rejects.toThrow("broken");
    await within((ws) => requeueEvaluation(ws, id, 0));
    expect((await outboxOf(scene, workspaceId)).filter(({ key }) => key === `evaluate-${id}-again-6-0`)).toHaveLength(1);
    await run(id);
    expect(await read(id)).toMatchObject({ state: "failed", error: expect.stringContaining("too often") });
    await within((ws) => requeueEvaluation(ws, id, 20_000));
    expect((await outboxOf(scene, workspaceId)).filter(({ key }) => key.includes("-again-6-2"))).toEqual([]);
  });

  it("can be stopped, also while a question is tried, and stays so", async () => {
    await fill();
    const { id } = await evaluate();
    const using = deps();
    const { stream } = using.provider.chat;
    using.provider.chat.stream = async function* (request, options) {
      if (using.provider.asked.length === 1) await within((ws) => cancelEvaluation(ws, id));
      yield* stream(request, options);
    };
    await run(id, using);
    expect(await read(id)).toMatchObject({ state: "cancelled", done: 1 });
    expect(await within((ws) => cancelEvaluation(ws, id))).toMatchObject({ state: "cancelled" });
    await run(id);
    expect(await read(id)).toMatchObject({ state: "cancelled", done: 1 });
  });

  it("ends as failed when its questions are changed under it, and needs some to begin with", async () => {
    await expect(evaluate()).rejects.toMatchObject({ reason: "invalid_state" });
    const { items } = await fill();
    const { id } = await evaluate();
    await within((ws) => deleteGolden(ws, items[0]?.id ?? ""));
    await run(id);
    expect(await read(id)).toMatchObject({ state: "failed", done: 0 });
  });
});

describe("publishing", () => {
  it("is free for an agent without golden questions", async () => {
    await draft("no toasters");
    expect(await publish()).toMatchObject({ version: 2 });
  });

  it("needs exactly this draft to have been tried on exactly these questions", async () => {
    await fill();
    await draft("Be short.");
    await expect(publish()).rejects.toMatchObject({ reason: "evaluation_required", details: { draftTried: false, liveTried: false } });
    await evaluate();
    await expect(publish()).rejects.toMatchObject({ reason: "evaluation_required" });
    await runAll();
    await draft("Be very short.");
    await expect(publish()).rejects.toMatchObject({ reason: "evaluation_required", details: { draftTried: false, liveTried: true } });
    await draft("Be short.");
    const more = await fill([{ question: "What about kettles?" }]);
    await expect(publish()).rejects.toMatchObject({ reason: "evaluation_required" });
    await within((ws) => deleteGolden(ws, more.items[0]?.id ?? ""));
    expect(await publish()).toMatchObject({ version: 2, hasDraft: false });
  });

  it("is refused when fewer questions are passed than by the live version, and says which", async () => {
    await fill();
    await draft("no toasters");
    await evaluate();
    await runAll();
    await expect(publish()).rejects.toMatchObject({
      reason: "pass_rate_fell",
      details: { passRate: 2 / 3, livePassRate: 1, newlyFailed: [{ question: golden[1]?.question, failures: [{ kind: "not_answered" }] }] },
    });
    expect((await within((ws) => updateAgent(ws, { agentId }, defaults))).version).toBe(1);
  });

  it("can be forced by who may, and by nobody else", async () => {
    await fill();
    await draft("no toasters");
    await expect(publish(true, false)).rejects.toMatchObject({ reason: "forbidden" });
    expect(await publish(true, true)).toMatchObject({ version: 2 });
  });
});
