/** Analytics: what is to be learned from how conversations went. */
export { calibrateAgent } from "./calibration.ts";
export { closeGaps } from "./close-gaps.ts";
export { dismissGap, listGaps } from "./gaps.ts";
export { groupGap } from "./group-gap.ts";
