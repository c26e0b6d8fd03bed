/**
 * How answers look on a terminal: pure functions from what Axon said to lines of text.
 *
 * @module
 */
import type { AskOutput, Citation, HandoffReason } from "@axon/contracts/answers";
import type { Style } from "./style.ts";

/** A quote under a source is cut here. */
const quoteCharsMax = 160;
const barCells = 10;

const handoffWords: Record<HandoffReason, string> = {
  low_confidence: "it is not sure enough of its answer",
  no_knowledge: "nothing in the documents answers this",
  model_refused: "the model declined to answer",
  model_asked: "the model asked for a person",
  model_unparsable: "the model's answer made no sense",
  model_uncited: "the model's answer had no source",
  ungrounded: "the model's answer was not borne out by its sources",
  false_promise: "the model promised what nobody will do",
  leak_suspected: "the model's answer held what is not for customers",
  source_deleted: "the document behind the answer was deleted meanwhile",
  customer_asked: "the customer asked for a person",
  ai_error: "the model could not be reached",
  agent_paused: "the agent is not answering at the moment",
  business_hours: "people answer at this hour",
  loop_guard: "it may be talking to a machine",
};

/** Why a person was asked for, as the end of a sentence. */
export function handoffText(reason: HandoffReason): string {
  return handoffWords[reason];
}

/** `confidence ███████░░░ 68 %`; green from 70 %, yellow from 40 %. */
export function renderConfidence(confidence: number, style: Style): string {
  const share = Math.min(1, Math.max(0, confidence));
  const full = Math.round(share * barCells);
  const paint = share >= 0.7 ? style.good : share >= 0.4 ? style.warn : style.bad;
  return `${style.faint("confidence")} ${paint("█".repeat(full))}${style.faint("░".repeat(barCells - full))} ${Math.round(share * 100)} %`;
}

/** One line per cited document with the words it was cited for; nothing when nothing was cited. */
export function renderSources(citations: readonly Citation[], style: Style): string[] {
  return citations.flatMap(({ index, title, quote }) => {
    const line = `${style.accent(`[${index}]`)} ${style.strong(title)}`;
    const short = shorten(quote, quoteCharsMax);
    return short === "" ? [line] : [line, `    ${style.faint(`“${short}”`)}`];
  });
}

/** A whole answer of `agents.ask`: the text, why it would be handed over, the sources, the confidence. */
export function renderAnswer(output: AskOutput, style: Style): string {
  const lines = [output.answer.trim()];
  if (output.action === "handoff") {
    const reason = output.trace.handoffReason;
    lines.push("", style.warn(`→ would be handed to a person${reason ? `: ${handoffText(reason)}` : ""}`));
  }
  const sources = renderSources(output.citations, style);
  if (sources.length > 0) lines.push("", ...sources);
  lines.push("", renderConfidence(output.confidence, style));
  return lines.join("\n");
}

/** One line of at most `charsMax` characters, white space folded, cut at a word with an ellipsis. */
export function shorten(text: string, charsMax: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= charsMax) return line;
  const cut = line.slice(0, charsMax - 1);
  const word = cut.lastIndexOf(" ");
  return `${(word > charsMax / 2 ? cut.slice(0, word) : cut).trimEnd()}…`;
}
