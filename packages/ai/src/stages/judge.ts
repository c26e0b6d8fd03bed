/**
 * The last stage: may what was written be said? Borne out, still standing on documents that are there, sure enough.
 *
 * @module
 */
import type { Citation, HandoffReason } from "@axon/contracts/answers";
import { citedNumbers, quoteFor } from "../citations.ts";
import { answerFeatures } from "../confidence/answer-features.ts";
import type { Features } from "../confidence/model.ts";
import { detectLanguage } from "../language/detect.ts";
import type { RetrievalHit } from "../retrieval.ts";
import { withoutPassages } from "./withdraw.ts";
import { passagesOf, type Writing, type Written } from "./write.ts";

/** Of the sentences that state something this share may be taken out, and one always; with more the answer is not to be trusted. */
const takenOutShareMax = 0.34;
/** Fewer letters do not show their language. */
const languageCharsMin = 40;

export type Verdict =
  | { action: "answer"; text: string; citations: Citation[]; confidence: number }
  | { action: "handoff"; reason: HandoffReason; confidence: number };

export async function judge(writing: Writing, written: Written, prior: { features: Features; confidence: number }): Promise<Verdict> {
  const { deps, request, prepared, trace } = writing;
  traceWritten(writing, written);
  const reason = refusalOf(written);
  if (reason) return { action: "handoff", reason, confidence: prior.confidence };
  const gone = await goneOf(writing, written.text);
  const text = gone.length === 0 ? written.text : withoutPassages(written.text, gone, writing, prepared);
  const citations = citationsOf(text, prepared.hits);
  if (gone.length > 0) {
    trace.citationsRemoved(citedNumbers(written.text).length - citations.length);
    if (citations.length === 0) return { action: "handoff", reason: "source_deleted", confidence: prior.confidence };
  }
  const { logprobs, citationsRemoved } = written;
  const features = { ...prior.features, ...answerFeatures({ text, passages: passagesOf(prepared), logprobs, citationsRemoved }) };
  const confidence = deps.provider.confidence.score(features);
  trace.features(features);
  if (citations.length === 0) return { action: "handoff", reason: "model_uncited", confidence };
  if (confidence < request.threshold) return { action: "handoff", reason: "low_confidence", confidence };
  return { action: "answer", text, citations, confidence };
}

/** Why it may not be said at all; null: it may. */
function refusalOf({ text, gaveUp, stopped, gate }: Written): HandoffReason | null {
  if (gaveUp) return gaveUp;
  const claims = gate.judged().filter(({ kind }) => kind === "claim");
  const citesNothing = gate.judged().every(({ cited }) => cited.length === 0);
  if (stopped === "ungrounded") return citesNothing ? "model_uncited" : "ungrounded";
  if (stopped === "format") return "model_unparsable";
  if (stopped === "false_promise" || stopped === "leak_suspected") return stopped;
  if (!text) return claims.length > 0 ? "ungrounded" : "model_unparsable";
  const out = claims.filter(({ fault }) => fault !== null).length;
  return out > Math.max(1, claims.length * takenOutShareMax) ? "ungrounded" : null;
}

/** The cited passages that may not be cited any more. */
async function goneOf({ deps, prepared, trace }: Writing, text: string): Promise<number[]> {
  if (!deps.stillLive) return [];
  const cited = citedNumbers(text).flatMap((index) => prepared.hits[index - 1]?.chunkId ?? []);
  // What is cited decides; all of the prompt is asked for, because a sentence may rest on a passage it does not cite.
  const asked = prepared.hits.map(({ chunkId }) => chunkId);
  if (cited.length === 0) return [];
  const live = await trace.timed("live", deps.stillLive(asked));
  const gone = prepared.hits.flatMap(({ chunkId }, place) => (live.has(chunkId) ? [] : [{ chunkId, index: place + 1 }]));
  trace.dropped(gone.map(({ chunkId }) => ({ chunkId, reason: "deleted" })));
  return gone.map(({ index }) => index);
}

function citationsOf(text: string, hits: readonly RetrievalHit[]): Citation[] {
  return citedNumbers(text).flatMap((index) => {
    const hit = hits[index - 1];
    return hit
      ? [
          {
            index,
            documentId: hit.documentId,
            title: hit.title,
            ...(hit.uri ? { uri: hit.uri } : {}),
            chunkId: hit.chunkId,
            quote: quoteFor(text, index, hit.text),
          },
        ]
      : [];
  });
}

function traceWritten({ prepared, trace }: Writing, { gate, text, citationsRemoved }: Written): void {
  const judged = gate.judged();
  const claims = judged.filter(({ kind }) => kind === "claim");
  trace.citationsRemoved(citationsRemoved);
  trace.note({
    grounding: {
      sentences: claims.length,
      supported: claims.filter(({ fault }) => fault === null).length,
      unsupported: judged.flatMap(({ fault }, place) => (fault === null ? [] : [place])),
    },
    language: languagesOf(prepared.language, text),
  });
}

function languagesOf(question: string | null, text: string) {
  const reply = text.length < languageCharsMin ? null : detectLanguage(text);
  return { question, reply, mismatch: question !== null && reply !== null && question !== reply };
}
