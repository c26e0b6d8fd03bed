import { auroc } from "@axon/ai/confidence/measures";
import { describe, expect, it } from "vitest";
import { fit } from "./fit.ts";
import { fitLogistic } from "./logistic.ts";
import { mrrAt10, recallAt } from "./metrics.ts";

describe("the numbers of an evaluation", () => {
  it("count a hit by its place", () => {
    expect(recallAt([1, 6, null, 5], 5)).toBe(0.5);
    expect(mrrAt10([1, 2, 11, null])).toBe(0.375);
  });
});

describe("fitting", () => {
  // A small generator, so that the test is the same every time.
  const random = (seed: number) => () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };

  it("finds the weights that made the data", () => {
    const next = random(7);
    const samples = Array.from({ length: 20_000 }, () => {
      const inputs = [next() * 4 - 2, next() * 4 - 2];
      const chance = 1 / (1 + Math.exp(-(1.5 * (inputs[0] ?? 0) - 0.5 * (inputs[1] ?? 0) + 0.3)));
      return { inputs, truth: next() < chance, weight: 1 };
    });
    const [first, second, intercept] = fitLogistic(samples, 0.001);
    expect(first).toBeCloseTo(1.5, 0);
    expect(second).toBeCloseTo(-0.5, 0);
    expect(intercept).toBeCloseTo(0.3, 0);
  });

  it("judges each row by a model that did not see its group", () => {
    const next = random(3);
    // Truth is noise that only the group's own mark predicts: unseen values must not know it.
    const rows = Array.from({ length: 60 }, (_, group) => {
      const truth = next() < 0.5;
      return Array.from({ length: 4 }, () => ({
        set: "a",
        group: `g${group}`,
        truth,
        features: { mark: (group * 7919) % 61, noise: next() },
      }));
    }).flat();
    const { unseen } = fit("x", rows, ["mark", "noise"], {}, ["a"]);
    const score = auroc(rows.map(({ truth }, index) => ({ value: unseen[index] ?? 0, truth })));
    expect(score).toBeLessThan(0.7);
  });

  it("learns from questions whose documents were left out, but judges and calibrates on the real ones only", () => {
    const next = random(5);
    const row = (truth: boolean, leftOut: boolean, group: string) => ({
      ...{ set: "a", group, truth, leftOut },
      features: { mark: (truth ? 1 : 0) + next() * 1.5 },
    });
    const real = Array.from({ length: 200 }, (_, index) => row(index % 4 !== 0, false, `g${index}`));
    const made = Array.from({ length: 400 }, (_, index) => row(false, true, `g${index % 200}`));
    const { coefficients, unseen } = fit("x", [...real, ...made], ["mark"], {}, ["a"]);
    expect(coefficients.features.mark?.weight).toBeGreaterThan(0.5);
    // Three of four real ones are answerable; 400 made ones beside them must not lower what is promised.
    const promised = unseen.slice(0, 200).reduce((sum, value) => sum + value, 0) / 200;
    expect(promised).toBeGreaterThan(0.65);
    expect(promised).toBeLessThan(0.85);
  });
});
