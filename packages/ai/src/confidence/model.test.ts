import { describe, expect, it } from "vitest";
import type { Retrieval, RetrievalHit } from "../retrieval.ts";
import { answerFeatures } from "./answer-features.ts";
import { createConfidenceModel } from "./model.ts";
import { localConfidence, openaiConfidence } from "./models.ts";
import { retrievalFeatures } from "./retrieval-features.ts";

const hit = (index: number, text: string, fused: number, matched: string[]): RetrievalHit => ({
  chunkId: `c${index}`,
  documentId: `d${index}`,
  sourceId: "s",
  ordinal: 0,
  title: "Returns",
  headingPath: [],
  text,
  page: null,
  scores: { vector: fused, text: fused * 10, fused },
  matched,
});
const query = {
  vector: new Float32Array(1),
  limit: 20,
  lexemes: ["return", "shoe", "day"].map((lexeme) => ({ lexeme, weight: 1 })),
};
const question = "Can I return shoes after ten days?";
const found = (...hits: RetrievalHit[]): Retrieval => ({ hits, corpus: { chunks: 20, documentFrequency: { return: 2, shoe: 3, day: 5 } } });
const good = found(
  hit(1, "You can return shoes within thirty days.", 0.6, ["return", "shoe", "day"]),
  hit(2, "Our shop is open all days.", 0.15, ["day"]),
);
const poor = found(hit(1, "Our shop is open all days.", 0.15, ["day"]), hit(2, "Days of opening.", 0.14, ["day"]));

describe("confidence", () => {
  it("is a probability, higher for what the passages cover", () => {
    for (const model of [localConfidence, openaiConfidence]) {
      const [sure, unsure] = [good, poor].map((retrieval) => model.score(retrievalFeatures(question, query, retrieval)));
      expect(sure).toBeGreaterThan(unsure ?? 1);
      for (const value of [sure, unsure]) {
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThan(1);
      }
    }
  });

  it("is low when nothing was found, and is never NaN", () => {
    const nothing = retrievalFeatures(question, query, { hits: [], corpus: { chunks: 0, documentFrequency: {} } });
    expect(localConfidence.score(nothing)).toBeLessThan(localConfidence.threshold);
    for (const retrieval of [good, poor, found(hit(1, "", 0, []))]) {
      for (const asked of [question, "", "?"]) {
        const features = retrievalFeatures(asked, asked ? query : { ...query, lexemes: [] }, retrieval);
        expect(Object.values(features).filter((value) => !Number.isFinite(value))).toEqual([]);
      }
    }
  });

  it("is no lower because the right passage is the only one there is", () => {
    const only = (matched: string[]): Retrieval => {
      const one = hit(1, "You can return shoes within thirty days.", matched.length / 3, matched);
      const scores = { ...one.scores, text: matched.length * 0.29 }; // The rarity of a word that stands in all there is: ln(4/3).
      return { hits: [{ ...one, scores }], corpus: { chunks: 1, documentFrequency: { return: 1, shoe: 1, day: 1 } } };
    };
    const sure = (asked: string, matched: string[]) => localConfidence.score(retrievalFeatures(asked, query, only(matched)));
    expect(sure(question, ["return", "shoe", "day"])).toBeGreaterThan(localConfidence.threshold);
    expect(sure("What is the capital of France?", [])).toBeLessThan(0.05);
  });

  it("takes a missing feature for average, ignores an unknown one, and lets none pull without end", () => {
    const model = createConfidenceModel({ id: "x", threshold: 0.5, intercept: 0, features: { a: { mean: 1, scale: 1, weight: 2 } } });
    expect(model.score({})).toBe(0.5);
    expect(model.score({ a: 1, other: 99 })).toBe(0.5);
    expect(model.score({ a: Number.NaN })).toBe(0.5);
    expect(model.score({ a: 1e9 })).toBe(model.score({ a: 5 }));
  });

  it("knows a grounded answer from an invented one", () => {
    const passages = [{ index: 1, title: "Returns", headingPath: [], text: "You can return shoes within thirty days of delivery." }];
    const write = (text: string) => answerFeatures({ text, passages, logprobs: [-0.1, -0.3], citationsRemoved: 0 });
    const grounded = write("You can return shoes within thirty days. [1]");
    const invented = write("Call the mayor of Paris about purple elephants. [1]");
    expect(grounded.groundedMean).toBe(1);
    expect(invented.groundedMean).toBe(0);
    expect(grounded.logprobMean).toBeCloseTo(-0.2);
    // Beside a search of average promise: beside a perfect one both are as sure as it gets.
    expect(openaiConfidence.score(grounded)).toBeGreaterThan(openaiConfidence.score(invented));
  });
});
