import { newId } from "@axon/db/ids";
import { conversation, turn } from "@axon/db/schema/conversations";
import { replyOutcome } from "@axon/db/schema/evaluation";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quickAgent, startAs } from "../conversations/stage.fixture.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { calibrateAgent } from "./calibration.ts";
import { reliability } from "./reliability.ts";

let scene: Scene;
let workspaceId: string;
let conversationId: string;

beforeAll(async () => {
  scene = await openScene();
  ({ workspaceId } = await scene.found("owner"));
});
afterAll(() => scene.close());

const asked = { threshold: 0.5, wantedPrecision: 0.9 };
/** `count` replies at a score, so many of them good. */
const replies = (value: number, good: number, count: number, weight = 1) =>
  Array.from({ length: count }, (_, index) => ({ value, truth: index < good, weight }));

describe("what is known of replies", () => {
  it("is too little below the needed number, and says what is missing", () => {
    expect(reliability([], asked)).toMatchObject({ enough: false, missing: { all: 50, good: 10, bad: 10 }, ece: null, suggested: null });
    const few = reliability([...replies(0.9, 60, 62)], asked);
    expect(few).toMatchObject({ enough: false, missing: { all: 0, good: 0, bad: 8 }, auroc: null, inForce: null });
    expect(few.curve).toHaveLength(10);
    expect(few.curve[9]).toMatchObject({ from: 0.9, to: 1, count: 62 });
  });

  it("gives the curve with how sure each point of it is", () => {
    const { curve, ece, auroc, brier } = reliability([...replies(0.85, 80, 100), ...replies(0.25, 5, 20)], asked);
    const high = curve[8];
    expect(high).toMatchObject({ count: 100, precision: 0.8 });
    expect(high?.confidence).toBeCloseTo(0.85);
    expect(high?.low).toBeCloseTo(0.711, 2);
    expect(high?.high).toBeCloseTo(0.867, 2);
    expect(curve[5]).toMatchObject({ count: 0, precision: null, low: null });
    expect(ece).toBeCloseTo((100 * 0.05 + 20 * 0) / 120);
    expect(auroc).toBeGreaterThan(0.6);
    expect(brier).toBeGreaterThan(0);
  });

  it("suggests the lowest threshold that surely keeps the wanted precision, and none where none does", () => {
    const sure = [...replies(0.9, 196, 200), ...replies(0.7, 97, 100), ...replies(0.5, 20, 60)];
    expect(reliability(sure, asked).suggested).toMatchObject({ threshold: 0.7, replies: 300, coverage: 300 / 360 });
    expect(reliability(sure, { ...asked, wantedPrecision: 0.97 }).suggested).toBeNull();
    // Nine of ten are not enough of ten.
    expect(reliability([...replies(0.9, 12, 12), ...replies(0.4, 20, 60)], asked).suggested).toBeNull();
    expect(reliability(sure, asked).inForce).toMatchObject({ threshold: 0.5, replies: 360 });
  });

  it("counts half where a word is only half a word", () => {
    const half = reliability([...replies(0.95, 90, 90), ...replies(0.95, 0, 20, 0.5)], asked);
    expect(half.curve[9]).toMatchObject({ count: 110, precision: 0.9 });
  });
});

describe("the calibration of an agent", () => {
  const put = (agentId: string, rows: { value: number; good: boolean; source?: "rating" | "handoff"; model?: string; turnId?: string }[]) =>
    scene.inWorkspace(workspaceId, async ({ tx }) => {
      const turns = rows.map(({ turnId }) => turnId ?? newId());
      const open = rows.flatMap(({ turnId }, index) => (turnId === undefined ? [turns[index] ?? ""] : []));
      if (open.length > 0) {
        const fresh = {
          workspaceId,
          conversationId,
          state: "settled" as const,
          epoch: 1,
          firstSeq: 1,
          lastSeq: 1,
          dueAt: new Date().toISOString(),
        };
        await tx.insert(turn).values(open.map((id) => ({ ...fresh, id })));
      }
      await tx.insert(replyOutcome).values(
        rows.map(({ value, good, source = "rating", model = "new" }, index) => ({
          ...{ workspaceId, id: newId(), turnId: turns[index] ?? "", agentId, source, confidence: value, confidenceModel: model },
          outcome: good ? ("good" as const) : ("bad" as const),
        })),
      );
      return turns;
    });
  const measure = (agentId: string, of = workspaceId, range: { from?: string; to?: string } = {}) =>
    scene.inWorkspace(of, (ws) => calibrateAgent(ws, { agentId, wantedPrecision: 0.9, ...range }, { confidenceThreshold: 0.5 }));

  it("takes each reply once, by the weightiest word, and only the scores that can be compared", async () => {
    const { id: agentId } = await quickAgent(scene, workspaceId);
    conversationId = (await startAs(scene, workspaceId, agentId, "Hello, a question")).conversation.id;
    expect(await measure(agentId)).toMatchObject({ confidenceModel: null, enough: false, outcomes: { total: 0, older: 0 } });
    await put(
      agentId,
      Array.from({ length: 30 }, () => ({ value: 0.2, good: false, model: "old" })),
    );
    await put(agentId, [{ value: 1, good: true, model: "small_talk" }]);
    const turns = await put(agentId, [
      ...Array.from({ length: 60 }, () => ({ value: 0.9, good: true })),
      ...Array.from({ length: 15 }, () => ({ value: 0.3, good: false, source: "handoff" as const })),
    ]);
    await put(agentId, [{ value: 0.9, good: false, source: "handoff", turnId: turns[0] ?? "" }]); // Rated good, and yet a person was asked for.
    const found = await measure(agentId);
    expect(found).toMatchObject({
      ...{ agentId, confidenceModel: "new", enough: true, auroc: 1, wantedPrecision: 0.9 },
      outcomes: {
        total: 75,
        good: 60,
        bad: 15,
        bySource: { rating: 60, handoff: 15, correction: 0, visitor_rating: 0 },
        otherModels: 30,
        older: 0,
      },
      suggested: { threshold: 0.9, precision: 1, replies: 60 },
    });
    expect(await measure(agentId, workspaceId, { to: "2020-01-01T00:00:00Z" })).toMatchObject({ outcomes: { total: 0 } });
    const other = await quickAgent(scene, workspaceId);
    expect(await measure(other.id)).toMatchObject({ outcomes: { total: 0 } });
  });

  it("is not for another workspace", async () => {
    const { id: agentId } = await quickAgent(scene, workspaceId);
    const stranger = await scene.found("stranger");
    await expect(measure(agentId, stranger.workspaceId)).rejects.toMatchObject({ reason: "not_found" });
    expect(await scene.inWorkspace(stranger.workspaceId, ({ tx }) => tx.$count(conversation))).toBe(0);
  });
});
