/**
 * The fitted models.
 *
 * @module
 */
import { localCoefficients } from "./coefficients/local.ts";
import { openaiCoefficients } from "./coefficients/openai.ts";
import { type ConfidenceModel, createConfidenceModel } from "./model.ts";

export const localConfidence: ConfidenceModel = createConfidenceModel(localCoefficients);
export const openaiConfidence: ConfidenceModel = createConfidenceModel(openaiCoefficients);
