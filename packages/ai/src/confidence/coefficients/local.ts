/**
 * Written by `pnpm eval DIR --fit`; ../model.ts says what it means. All of it is fitted.
 *
 * @module
 */
import type { Coefficients } from "../model.ts";

export const localCoefficients = {
  id: "local-fit-3",
  threshold: 0.47381,
  threshold95: 0.76911,
  data: "c8c6aad284bf",
  intercept: 1.7258,
  features: {
    topTextLog: { mean: 3.7704, scale: 1.2188, weight: 1.3008 },
    fusedSpread: { mean: 0.058603, scale: 0.037646, weight: 0.96639 },
    sameDocument: { mean: 0.54972, scale: 0.3225, weight: 0.3857 },
    namesMissing: { mean: 0.077272, scale: 0.25494, weight: -0.30711 },
    namingAskedNear: { mean: 0.27977, scale: 0.32144, weight: 0.61806 },
    namingCosine: { mean: 0.26155, scale: 0.24583, weight: -0.47767 },
    namingDistinct: { mean: 0.31326, scale: 0.33271, weight: 0.50445 },
    namingLead: { mean: 0.14428, scale: 0.19711, weight: 0.43811 },
    coverageUnnamed: { mean: 0.22295, scale: 0.23559, weight: 0.73281 },
    nearCoverageTop: { mean: 0.60916, scale: 0.32185, weight: 0.68084 },
    nearCoverageBest: { mean: 0.6379, scale: 0.28362, weight: 0.5506 },
    coverageTop: { mean: 0.55526, scale: 0.31558, weight: -0.57679 },
    documentCoverage: { mean: 0.61568, scale: 0.33878, weight: -0.61461 },
    otherCoverage: { mean: 0.41116, scale: 0.32937, weight: -0.63156 },
    distinctCoverage: { mean: 0.63751, scale: 0.33452, weight: 0.87611 },
    topicHeld: { mean: 0.33356, scale: 0.13311, weight: 0.87896 },
    followUpYesOrNo: { mean: 0.17951, scale: 0.38378, weight: -0.32219 },
    followUpTextLog: { mean: 4.6884, scale: 1.0514, weight: -0.59144 },
  },
} as const satisfies Coefficients;
