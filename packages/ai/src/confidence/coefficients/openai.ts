/**
 * Written by `pnpm eval DIR --fit`; ../model.ts says what it means. Only how words are shared is fitted, then halved; cosine and written answer are a prior (apps/eval/src/fit-models.ts).
 *
 * @module
 */
import type { Coefficients } from "../model.ts";

export const openaiCoefficients = {
  id: "openai-prior-2",
  threshold: 0.56953,
  intercept: 1.8274,
  features: {
    topTextLog: { mean: 3.9214, scale: 1.1519, weight: 0.54885 },
    sameDocument: { mean: 0.54838, scale: 0.3177, weight: 0.27237 },
    namesMissing: { mean: 0.07249, scale: 0.24714, weight: -0.15979 },
    wantsYesOrNo: { mean: 0.15178, scale: 0.35881, weight: -0.10318 },
    namingAsked: { mean: 0.30253, scale: 0.33515, weight: 0.4105 },
    namingCoverage: { mean: 0.183, scale: 0.2563, weight: -0.20168 },
    namingAskedNear: { mean: 0.2841, scale: 0.318, weight: 0.24824 },
    namingCoverageNear: { mean: 0.2366, scale: 0.27524, weight: 0.20319 },
    namingCosine: { mean: 0.26938, scale: 0.24395, weight: -0.18388 },
    namingLead: { mean: 0.14282, scale: 0.19132, weight: 0.28551 },
    coverageUnnamed: { mean: 0.22907, scale: 0.23843, weight: 0.34165 },
    nearCoverageTop: { mean: 0.62832, scale: 0.31458, weight: 0.4004 },
    nearCoverageBest: { mean: 0.65804, scale: 0.27597, weight: 0.31557 },
    coverageTop: { mean: 0.57497, scale: 0.30976, weight: -0.16384 },
    documentCoverage: { mean: 0.63704, scale: 0.33022, weight: -0.32429 },
    otherCoverage: { mean: 0.4475, scale: 0.32487, weight: -0.34075 },
    distinctCoverage: { mean: 0.66248, scale: 0.32294, weight: 0.42586 },
    topVector: { mean: 0.35, scale: 0.12, weight: 1.2 },
    answered: { mean: 0, scale: 1, weight: 0.8 },
    groundedMean: { mean: 0.6, scale: 0.25, weight: 0.3 },
    groundedWorst: { mean: 0.4, scale: 0.3, weight: 0.15 },
    citationsInvented: { mean: 0, scale: 1, weight: -0.8 },
    logprobMean: { mean: -0.2, scale: 0.2, weight: 0.3 },
  },
} as const satisfies Coefficients;
