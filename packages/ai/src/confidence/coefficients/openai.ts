/** Written by `pnpm eval DIR --fit`; see ../model.ts. */
import type { Coefficients } from "../model.ts";

export const openaiCoefficients = {
  id: "openai-0",
  threshold: 0.6,
  intercept: 0,
  features: { topFused: { mean: 0.3, scale: 0.15, weight: 1 } },
} as const satisfies Coefficients;
