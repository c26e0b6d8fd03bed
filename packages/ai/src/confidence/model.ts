/**
 * Confidence: the calibrated probability that a question can be answered from the passages that were found. A logistic
 * model; its coefficients are data that `pnpm eval DIR --fit` writes, so it can be refitted and every value explained.
 *
 * @module
 */

/** Named numbers, stored with each reply beside the value they gave. */
export type Features = Readonly<Record<string, number>>;

export interface ConfidenceModel {
  /** Names the coefficients; stored with each value. */
  id: string;
  /** The value from which 9 of 10 were right on the data it was fitted on. */
  threshold: number;
  /** The same for 95 of 100; absent where nothing was fitted. */
  threshold95?: number;
  /** The probability, 0..1. A feature that is missing counts as its average; one that the model does not know is ignored. */
  score(features: Features): number;
}

/** What fitting gives. Each feature is centred on `mean`, divided by `scale`, and weighed. */
export interface Coefficients {
  id: string;
  threshold: number;
  threshold95?: number;
  /** What it was fitted on: the beginning of the SHA-256 of the files, by name. */
  data?: string;
  intercept: number;
  features: Readonly<Record<string, { mean: number; scale: number; weight: number }>>;
}

/** No few numbers make anybody surer than this. */
const surestMax = 0.995;
/** How far from its mean, in scales, a feature may pull: what lies beyond what fitting saw says no more. */
const pullMax = 4;

export function createConfidenceModel(coefficients: Coefficients): ConfidenceModel {
  const known = Object.entries(coefficients.features);
  return {
    id: coefficients.id,
    threshold: coefficients.threshold,
    ...(coefficients.threshold95 !== undefined && { threshold95: coefficients.threshold95 }),
    score: (features) => {
      let sum = coefficients.intercept;
      for (const [name, { mean, scale, weight }] of known) {
        const value = features[name];
        if (value === undefined || !Number.isFinite(value)) continue;
        sum += weight * Math.max(-pullMax, Math.min(pullMax, (value - mean) / scale));
      }
      return Math.max(1 - surestMax, Math.min(surestMax, 1 / (1 + Math.exp(-sum))));
    },
  };
}
