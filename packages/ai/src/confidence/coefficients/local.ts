/**
 * Written by `pnpm eval DIR --fit`; ../model.ts says what it means. All of it is fitted.
 *
 * @module
 */
import type { Coefficients } from "../model.ts";

export const localCoefficients = {
  id: "local-fit-1",
  threshold: 0.64508,
  intercept: 1.8111,
  features: {
    topFused: { mean: 0.31525, scale: 0.14755, weight: 0.49321 },
    fusedMargin: { mean: 0.10775, scale: 0.090705, weight: 1.0911 },
    fusedOutlier: { mean: 2.7055, scale: 0.68881, weight: -0.33849 },
    topVector: { mean: 0.28333, scale: 0.12571, weight: -0.27538 },
    topText: { mean: 0.33443, scale: 0.19325, weight: -0.11416 },
    coverageTop: { mean: 0.54969, scale: 0.28224, weight: -0.17862 },
    coverageBest: { mean: 0.57829, scale: 0.27464, weight: 0.067415 },
    unknownShare: { mean: 0.18662, scale: 0.27064, weight: -0.43804 },
    rarestInTop: { mean: 0.62941, scale: 0.48296, weight: 0.19029 },
    legsOverlap: { mean: 0.66602, scale: 0.24143, weight: 0.19802 },
    sameDocument: { mean: 0.54855, scale: 0.31632, weight: 0.33639 },
    namingAsked: { mean: 0.30178, scale: 0.33413, weight: 0.87905 },
    namingMatch: { mean: 0.11641, scale: 0.17787, weight: 0.033511 },
    namingStates: { mean: 0.61613, scale: 0.29895, weight: 0.81186 },
    namingStatesMatch: { mean: 0.080838, scale: 0.13132, weight: -0.0080884 },
    coverageUnnamed: { mean: 0.22878, scale: 0.23819, weight: 1.4528 },
    windowCoverage: { mean: 0.55268, scale: 0.29461, weight: 0.26224 },
    pairsNear: { mean: 0.29737, scale: 0.32266, weight: 0.26881 },
  },
} as const satisfies Coefficients;
