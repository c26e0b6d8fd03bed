/**
 * Words that carry a question but are not what it is about: "is there any way I can find out ...". Whether a passage has
 * them says nothing. English only; in other languages every word that is no stop word counts.
 *
 * @module
 */
import { analyze } from "../lexical/analyze.ts";

const words = `
  know want way possible tell please help need like get find able someone anyone something anything thing question ways
  try trying really just also say see look make made use using used wonder wondering understand explain give let think
  sure good best currently actually possibility option options hi hello thanks thank dear guys people idea would could
  should can will one many much lot different certain specific particular work works working happen happens change mean
  means go going come take put keep set start show new old time times day still ever never always even without within
  instead problem issue trouble wish hope allow enable cause reason order case kind type sort method easy simple quick
  quickly exactly simply properly correct right`;

/** As lexemes, the way `analyze` spells them. */
const fillers: ReadonlySet<string> = new Set(analyze(words).map(({ lexeme }) => lexeme));

export function isFiller(lexeme: string): boolean {
  return fillers.has(lexeme);
}

/** The lexemes that a question is about; all of them when only fillers are there. */
export function subjectOf(lexemes: readonly string[]): readonly string[] {
  const subject = lexemes.filter((lexeme) => !fillers.has(lexeme));
  return subject.length > 0 ? subject : lexemes;
}
