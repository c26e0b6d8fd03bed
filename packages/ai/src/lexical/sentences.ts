/**
 * Sentences, in any language: lines first, then `Intl.Segmenter`, whose cuts after abbreviations are mended.
 *
 * @module
 */
const segmenter = new Intl.Segmenter("und", { granularity: "sentence" });
/** What a sentence does not end with, though a full stop follows. */
const abbreviations =
  /(?:^|[\s(["'])(?:[A-Z]|Dr|Mr|Mrs|Ms|Prof|Sr|Jr|St|No|Nos|vs|etc|e\.g|i\.e|cf|al|approx|dept|est|fig|inc|ltd|co|corp|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|bzw|ca|z\.B|d\.h|Nr|Str|Sra|Dra|Ud|Uds|p\.ej|M|Mme|Mlle|av|J\.-C)\.\s*$/iu;

/** Does the text end with a full stop that ends no sentence? */
export function endsInAbbreviation(text: string): boolean {
  return abbreviations.test(text);
}

/** The sentences of a text, trimmed, in order, none empty. Joined by a space they hold all of its words. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  for (const line of text.split(/\n+/u)) {
    let open = "";
    for (const { segment } of segmenter.segment(line)) {
      open += segment;
      if (endsInAbbreviation(open)) continue;
      if (open.trim()) sentences.push(open.trim());
      open = "";
    }
    if (open.trim()) sentences.push(open.trim());
  }
  return sentences;
}
