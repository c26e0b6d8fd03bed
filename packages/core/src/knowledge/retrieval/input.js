/** Chunks that each leg brings to the fusion. */
export const candidatesPerLegMax = 100;
export const hitsMax = 100;
/** BM25's usual constants: how soon repetition stops counting, how much length does. */
export const k1 = 1.2;
export const b = 0.75;
/**
 * The fused score: shares of the text score, as a part of the most this question could get (so that it is 0..1 like the
 * cosine, whatever the question), and of the cosine. Set on the dev sets; anything from .35 to .5 does about as well.
 */
export const measuredTextShare = 0.44;
//# sourceMappingURL=input.js.map
