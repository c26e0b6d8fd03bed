/**
 * Written by `pnpm eval DIR --fit`; ../model.ts says what it means. Only how words are shared is fitted, then halved; cosine and written answer are a prior (apps/eval/src/fit-models.ts).
 *
 * @module
 */
import type { Coefficients } from "../model.ts";

export const openaiCoefficients = {
  id: "openai-prior-3",
  threshold: 0.49524,
  threshold95: 0.80125,
  data: "c8c6aad284bf",
  intercept: 1.6445,
  features: {
    topTextLog: { mean: 3.7704, scale: 1.2188, weight: 0.66645 },
    sameDocument: { mean: 0.54972, scale: 0.3225, weight: 0.26322 },
    namesMissing: { mean: 0.077272, scale: 0.25494, weight: -0.15607 },
    namingAskedNear: { mean: 0.27977, scale: 0.32144, weight: 0.3737 },
    namingCosine: { mean: 0.26155, scale: 0.24583, weight: -0.152 },
    namingDistinct: { mean: 0.31326, scale: 0.33271, weight: 0.18199 },
    namingLead: { mean: 0.14428, scale: 0.19711, weight: 0.31062 },
    coverageUnnamed: { mean: 0.22295, scale: 0.23559, weight: 0.33825 },
    nearCoverageTop: { mean: 0.60916, scale: 0.32185, weight: 0.39149 },
    nearCoverageBest: { mean: 0.6379, scale: 0.28362, weight: 0.30295 },
    coverageTop: { mean: 0.55526, scale: 0.31558, weight: -0.1275 },
    documentCoverage: { mean: 0.61568, scale: 0.33878, weight: -0.34014 },
    otherCoverage: { mean: 0.41116, scale: 0.32937, weight: -0.36167 },
    distinctCoverage: { mean: 0.63751, scale: 0.33452, weight: 0.46815 },
    topicHeld: { mean: 0.33356, scale: 0.13311, weight: 0.50985 },
    followUpYesOrNo: { mean: 0.17951, scale: 0.38378, weight: -0.14519 },
    followUpTextLog: { mean: 4.6884, scale: 1.0514, weight: -0.33121 },
    topVector: { mean: 0.35, scale: 0.12, weight: 1.2 },
    answered: { mean: 0, scale: 1, weight: 0.8 },
    groundedMean: { mean: 0.6, scale: 0.25, weight: 0.3 },
    groundedWorst: { mean: 0.4, scale: 0.3, weight: 0.15 },
    citationsInvented: { mean: 0, scale: 1, weight: -0.8 },
    logprobMean: { mean: -0.2, scale: 0.2, weight: 0.3 },
  },
} as const satisfies Coefficients;
