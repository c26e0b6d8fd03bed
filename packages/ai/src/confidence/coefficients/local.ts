/**
 * Written by `pnpm eval DIR --fit`; ../model.ts says what it means. All of it is fitted.
 *
 * @module
 */
import type { Coefficients } from "../model.ts";

export const localCoefficients = {
  id: "local-fit-2",
  threshold: 0.54768,
  intercept: 1.8974,
  features: {
    topVector: { mean: 0.2833, scale: 0.1257, weight: 0.20399 },
    topTextLog: { mean: 3.9214, scale: 1.1519, weight: 1.0298 },
    fusedLead: { mean: 0.17609, scale: 0.11625, weight: 0.72322 },
    sameDocument: { mean: 0.54838, scale: 0.3177, weight: 0.46274 },
    namesMissing: { mean: 0.07249, scale: 0.24714, weight: -0.32417 },
    wantsYesOrNo: { mean: 0.15178, scale: 0.35881, weight: -0.21353 },
    namingAsked: { mean: 0.30253, scale: 0.33515, weight: 0.69676 },
    namingCoverage: { mean: 0.183, scale: 0.2563, weight: -0.42032 },
    namingAskedNear: { mean: 0.2841, scale: 0.318, weight: 0.4131 },
    namingCoverageNear: { mean: 0.2366, scale: 0.27524, weight: 0.49471 },
    namingCosine: { mean: 0.26938, scale: 0.24395, weight: -0.495 },
    namingLead: { mean: 0.14282, scale: 0.19132, weight: 0.48784 },
    coverageUnnamed: { mean: 0.22907, scale: 0.23843, weight: 0.61618 },
    nearCoverageTop: { mean: 0.62832, scale: 0.31458, weight: 0.68754 },
    nearCoverageBest: { mean: 0.65804, scale: 0.27597, weight: 0.59902 },
    coverageTop: { mean: 0.57497, scale: 0.30976, weight: -0.58965 },
    documentCoverage: { mean: 0.63704, scale: 0.33022, weight: -0.5937 },
    otherCoverage: { mean: 0.4475, scale: 0.32487, weight: -0.54334 },
    distinctCoverage: { mean: 0.66248, scale: 0.32294, weight: 0.77894 },
  },
} as const satisfies Coefficients;
