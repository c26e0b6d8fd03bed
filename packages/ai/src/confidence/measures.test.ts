import { describe, expect, it } from "vitest";
import { auroc, brier, calibrationError, coverageAt, cutAt, reliabilityBins, wilson } from "./measures.ts";

const judged = (...pairs: [number, boolean][]) => pairs.map(([value, truth]) => ({ value, truth }));

describe("the measures of confidence", () => {
  it("rank true above false, ties by half", () => {
    expect(auroc(judged([0.9, true], [0.8, true], [0.1, false]))).toBe(1);
    expect(auroc(judged([0.1, true], [0.9, false]))).toBe(0);
    expect(auroc(judged([0.5, true], [0.5, false], [0.5, true]))).toBe(0.5);
  });

  it("tell a promise that is kept from one that is not", () => {
    const kept = Array.from({ length: 100 }, (_, index) => ({ value: 0.75, truth: index % 4 !== 0 }));
    expect(calibrationError(kept)).toBeCloseTo(0);
    expect(calibrationError(kept.map(({ truth }) => ({ value: 0.25, truth })))).toBeCloseTo(0.5);
    expect(brier(judged([1, true], [0, false]))).toBe(0);
  });

  it("find how much can be answered at a precision", () => {
    const list = judged([0.9, true], [0.8, true], [0.7, false], [0.6, true], [0.5, false]);
    expect(coverageAt(list, 1)).toBe(0.4);
    expect(cutAt(list, 0.75)).toEqual({ value: 0.6, coverage: 0.8 });
    expect(coverageAt(judged([0.9, false]), 0.95)).toBe(0);
  });

  it("let a weightless word count nothing, and half a word half", () => {
    const heavy = judged([0.9, true], [0.2, false]);
    expect(auroc([...heavy, { value: 0.1, truth: true, weight: 0 }])).toBe(1);
    expect(auroc([...heavy, { value: 0.1, truth: true, weight: 1 }])).toBe(0.5);
    expect(brier([{ value: 1, truth: false, weight: 0.5 }, ...judged([1, true])])).toBeCloseTo(1 / 3);
  });

  it("put every value into one of ten bins, 1 into the last", () => {
    const bins = reliabilityBins(judged([0, false], [0.05, false], [0.95, true], [1, false]));
    expect(bins.map(({ count }) => count)).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    expect(bins[9]).toMatchObject({ promised: 0.975, kept: 0.5 });
    expect(bins[4]).toMatchObject({ promised: null, kept: null });
  });

  it("say how little a few cases tell", () => {
    expect(wilson(0, 0, 1.96)).toEqual({ low: 0, high: 1 });
    const few = wilson(9, 10, 1.96);
    const many = wilson(900, 1000, 1.96);
    expect(few.low).toBeCloseTo(0.596, 2);
    expect(many.low).toBeGreaterThan(0.87);
    expect(wilson(5, 5, 1.96).high).toBeCloseTo(1);
  });
});
