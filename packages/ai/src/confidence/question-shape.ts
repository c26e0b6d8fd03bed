/**
 * What the wording of a question tells without any search: the names in it, and whether it wants a yes or no.
 *
 * @module
 */
import { analyze } from "../lexical/analyze.ts";

/** Words with a capital that do not open a sentence. (German writes every noun so: there it is the nouns.) */
const inCapitals = /(?<=[^\s.!?]\s)\p{Lu}[\p{L}\d]+/gu;
const opensYesNo = /^(is|are|can|do|does|will|should|could|was|were|did|has|have)\b/i;

/** The lexemes of the names in a question, each as often as it is there. */
export function namesIn(question: string): string[] {
  return [...question.matchAll(inCapitals)].flatMap(([name]) => analyze(name).map(({ lexeme }) => lexeme));
}

/** Does it open the way English questions do that want a yes or no? */
export function wantsYesOrNo(question: string): boolean {
  return opensYesNo.test(question);
}
