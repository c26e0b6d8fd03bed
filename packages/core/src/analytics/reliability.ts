/**
 * What replies with a known outcome tell about an agent's confidence. Pure: judged replies in, numbers out.
 *
 * @module
 */
import { auroc, brier, calibrationBins, calibrationError, type Judged, reliabilityBins, wilson } from "@axon/ai/confidence/measures";
import { type Calibration, type OutcomeSource, outcomesNeeded } from "@axon/contracts/calibration";

/**
 * What a word about a reply weighs. Who turns to a person may have been answered well and want something else: half. Where
 * several are known of one reply, the first of this list counts alone.
 */
export const sourceWeights: readonly (readonly [OutcomeSource, number])[] = [
  ["rating", 1],
  ["correction", 1],
  ["visitor_rating", 1],
  ["handoff", 0.5],
];

/** 19 cases of 20, for what is shown. */
const shownZ = 1.96;
/** Nine of ten, and on one side only: how sure a suggested threshold must be of its precision. */
const suggestedZ = 1.28;
/** Replies that must lie above a suggested threshold. */
const suggestedRepliesMin = 20;

type Numbers = Pick<Calibration, "enough" | "missing" | "curve" | "ece" | "auroc" | "brier" | "inForce" | "suggested">;

/** `truth`: the reply was good. `threshold` is the one in force. */
export function reliability(
  replies: readonly Judged[],
  { threshold, wantedPrecision }: { threshold: number; wantedPrecision: number },
): Numbers {
  const good = replies.filter(({ truth }) => truth).length;
  const lack = (needed: number, there: number) => Math.max(0, needed - there);
  const missing = {
    all: lack(outcomesNeeded.all, replies.length),
    good: lack(outcomesNeeded.good, good),
    bad: lack(outcomesNeeded.bad, replies.length - good),
  };
  const enough = missing.all + missing.good + missing.bad === 0;
  const curve = reliabilityBins(replies).map(({ count, weight, promised, kept }, index) => {
    const range = kept === null ? { low: null, high: null } : wilson(kept * weight, weight, shownZ);
    return { from: index / calibrationBins, to: (index + 1) / calibrationBins, count, confidence: promised, precision: kept, ...range };
  });
  if (!enough) return { enough, missing, curve, ece: null, auroc: null, brier: null, inForce: null, suggested: null };
  return {
    ...{ enough, missing, curve, ece: calibrationError(replies), auroc: auroc(replies), brier: brier(replies) },
    inForce: above(replies, threshold),
    suggested: suggest(replies, wantedPrecision),
  };
}

/** How the replies at or above a threshold did; null when there is none. */
function above(replies: readonly Judged[], threshold: number): Calibration["inForce"] {
  const given = replies.filter(({ value }) => value >= threshold);
  const weight = sum(given);
  if (weight === 0) return null;
  const good = sum(given.filter(({ truth }) => truth));
  return {
    ...{ threshold, replies: given.length, coverage: given.length / replies.length, precision: good / weight },
    ...wilson(good, weight, shownZ),
  };
}

/** The lowest of the scores seen from which on precision is at least the wanted one even at the lower end of its range. */
function suggest(replies: readonly Judged[], wanted: number): Calibration["suggested"] {
  const sorted = replies.toSorted((one, other) => other.value - one.value);
  let [weight, good] = [0, 0];
  let best: number | null = null;
  for (const [index, { value, truth, weight: own = 1 }] of sorted.entries()) {
    weight += own;
    if (truth) good += own;
    // Replies of one score stand and fall together.
    if (sorted[index + 1]?.value === value || index + 1 < suggestedRepliesMin) continue;
    if (wilson(good, weight, suggestedZ).low >= wanted) best = value;
  }
  return best === null ? null : above(replies, best);
}

function sum(replies: readonly Judged[]): number {
  return replies.reduce((all, { weight = 1 }) => all + weight, 0);
}
