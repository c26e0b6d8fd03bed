/**
 * Reads an agent's own instructions for what works against how Axon answers: the model gives `action` and `answer` apart, hands
 * over when it does not know, cites what it was shown, and does nothing but answer. Text that says otherwise does not switch
 * that off; it makes the model waver between two masters, and customers get handovers instead of answers.
 *
 * Patterns over one sentence at a time, in the languages that we are asked in most. It warns and never refuses: it can be wrong.
 *
 * @module
 */
import type { AgentSettings, LintRule, LintWarning } from "@axon/contracts/agents";
import { contradictsLanguage } from "./language.ts";
import { patternRules } from "./rules.ts";
import { findSecrets } from "./secrets.ts";

/** Warnings about one text. */
const warningsMax = 50;
/** Of what is pointed at, this much is repeated, in characters. */
const excerptCharsMax = 160;
/** Beyond this many characters instructions begin to be forgotten, and each question pays for them. */
const longCharsMin = 8000;

interface Sentence {
  text: string;
  /** Where it begins, in characters from the start. */
  at: number;
}

/** In the order of the text. */
export function lintInstructions(settings: Pick<AgentSettings, "systemPrompt" | "language">): LintWarning[] {
  const { systemPrompt, language } = settings;
  const secrets = findSecrets(systemPrompt);
  const sentences = sentencesOf(masked(systemPrompt, secrets));
  const warnings = [
    ...secrets.map(({ at }) => warn("secret", "…", at)),
    ...sentences.flatMap((sentence) =>
      patternRules.flatMap((rule) => (rule.finds(sentence.text.toLowerCase()) ? [about(rule.rule, sentence)] : [])),
    ),
    ...sentences.flatMap((sentence) => (contradictsLanguage(sentence.text.toLowerCase(), language) ? [about("language", sentence)] : [])),
    ...(systemPrompt.length >= longCharsMin ? [warn("long", `${systemPrompt.length} characters`, 0)] : []),
  ];
  return warnings.sort((one, other) => one.at - other.at).slice(0, warningsMax);
}

function about(rule: LintRule, { text, at }: Sentence): LintWarning {
  return warn(rule, text.length > excerptCharsMax ? `${text.slice(0, excerptCharsMax - 1)}…` : text, at);
}

function warn(rule: LintRule, excerpt: string, at: number): LintWarning {
  return { rule, ...explanations[rule], excerpt, at };
}

/** A full stop, a line's end or a list's dash ends a sentence; white space around it is not part of it. */
function sentencesOf(text: string): Sentence[] {
  return [...text.matchAll(/[^.!?。！？;\n]+(?:[.!?。！？;](?=\S)[^.!?。！？;\n]*)*/gu)].flatMap(({ 0: found, index }) => {
    const trimmed = found.replace(/^[\s\-*•>#\d)]+/u, "");
    const at = index + found.length - trimmed.length;
    return trimmed.trim() === "" ? [] : [{ text: trimmed.trim(), at }];
  });
}

/** The text with every secret blotted out, character for character. */
function masked(text: string, secrets: readonly { at: number; length: number }[]): string {
  return secrets.reduce((rest, { at, length }) => rest.slice(0, at) + "•".repeat(length) + rest.slice(at + length), text);
}

const explanations: Record<LintRule, Pick<LintWarning, "severity" | "message">> = {
  no_handoff: {
    severity: "error",
    message:
      "Forbids handing over. What the agent does not know goes to a person all the same; say in the handoff settings who is asked and when.",
  },
  always_answers: {
    severity: "error",
    message:
      "Asks for an answer also where the agent knows none. Axon hands over what it is not sure of; choose how sure with confidenceThreshold.",
  },
  own_format: {
    severity: "error",
    message: "Asks for a form of output. The model must write Axon's own, or the answer can't be read and the conversation is handed over.",
  },
  ignores_passages: {
    severity: "error",
    message: "Turns the agent away from its knowledge. An answer that cites no passage is not given.",
  },
  invents: { severity: "error", message: "Asks for inventions. What no passage bears out is taken out of the answer, or handed over." },
  no_citations: {
    severity: "error",
    message: "Forbids citing. Citations are how an answer is checked: without any it is not given. The widget can show them or not.",
  },
  cites_itself: {
    severity: "warning",
    message: "Sets rules for citing. The model is told how already, and passages have numbers of their own for each question.",
  },
  promises: { severity: "warning", message: "Asks for promises. A reply that promises later work is not given, since nobody would do it." },
  acts: {
    severity: "warning",
    message: "Gives the agent leave to act. It can only answer: customers would be told of things that did not happen.",
  },
  language: { severity: "warning", message: "Names another language than the agent's language setting. Change the setting instead." },
  secret: {
    severity: "error",
    message: "Looks like a secret. Instructions go to the model with every question, and a model can be talked into telling them.",
  },
  long: {
    severity: "warning",
    message: `Longer than ${longCharsMin} characters. What customers should be told belongs into the knowledge.`,
  },
};
