/**
 * Written by `pnpm eval DIR --fit`; ../model.ts says what it means. Only how words are shared is fitted, then halved; cosine and written answer are a prior (apps/eval/src/fit-models.ts).
 *
 * @module
 */
import type { Coefficients } from "../model.ts";

export const openaiCoefficients = {
  id: "openai-prior-1",
  threshold: 0.69787,
  intercept: 1.7048,
  features: {
    topText: { mean: 0.33443, scale: 0.19325, weight: 0.013045 },
    coverageTop: { mean: 0.54969, scale: 0.28224, weight: 0.13481 },
    coverageBest: { mean: 0.57829, scale: 0.27464, weight: 0.077025 },
    unknownShare: { mean: 0.18662, scale: 0.27064, weight: -0.1012 },
    rarestInTop: { mean: 0.62941, scale: 0.48296, weight: 0.099845 },
    sameDocument: { mean: 0.54855, scale: 0.31632, weight: 0.18657 },
    namingAsked: { mean: 0.30178, scale: 0.33413, weight: 0.48162 },
    namingMatch: { mean: 0.11641, scale: 0.17787, weight: 0.15135 },
    namingStates: { mean: 0.61613, scale: 0.29895, weight: 0.43447 },
    namingStatesMatch: { mean: 0.080838, scale: 0.13132, weight: -0.039856 },
    coverageUnnamed: { mean: 0.22878, scale: 0.23819, weight: 0.77085 },
    windowCoverage: { mean: 0.55268, scale: 0.29461, weight: 0.17833 },
    pairsNear: { mean: 0.29737, scale: 0.32266, weight: 0.16664 },
    topVector: { mean: 0.35, scale: 0.12, weight: 1.2 },
    answered: { mean: 0, scale: 1, weight: 0.8 },
    groundedMean: { mean: 0.6, scale: 0.25, weight: 0.3 },
    groundedWorst: { mean: 0.4, scale: 0.3, weight: 0.15 },
    citationsInvented: { mean: 0, scale: 1, weight: -0.8 },
    logprobMean: { mean: -0.2, scale: 0.2, weight: 0.3 },
  },
} as const satisfies Coefficients;
