/**
 * What a search result tells about whether it holds an answer, as numbers. All are shares, cosines or small counts that
 * mean the same in a knowledge base of three chunks and of a hundred thousand.
 *
 * @module
 */
import { analyze, type LexemeAt } from "../lexical/analyze.ts";
import type { Retrieval, RetrievalHit, RetrievalQuery } from "../retrieval.ts";
import type { Features } from "./model.ts";

/** Hits that are looked at, best first. */
const consideredMax = 20;
/** Hits whose text is read, and how much of each. */
const readMax = 3;
const readCharsMax = 3000;
/**
 * Chunks that are imagined beside the real ones when rarity is weighed: in a set of three, a word that stands in all of
 * them may be the very subject, and one that stands in one of them is not yet rare.
 */
const imaginedChunks = 50;

/** A title of this many words or more asks or states something; a shorter one only names. */
const statingWords = 6;

/**
 * The features of a retrieval. `question` is the customer's last message alone; the query may know the one before.
 * Their choice was made on the dev sets by leaving one out at a time; those that added nothing are gone, and so is the
 * question's length, which only told the sets apart.
 */
export function retrievalFeatures(question: string, query: RetrievalQuery, { hits: all, corpus }: Retrieval): Features {
  const hits = all.slice(0, consideredMax);
  const rarity = rarityIn(corpus);
  const worth = new Map(query.lexemes.map(({ lexeme, weight }) => [lexeme, weight * rarity(lexeme)]));
  const [top] = hits;
  if (!top) return emptyFeatures;
  const words = analyze(question).map(({ lexeme }) => lexeme);
  const inQuestion = new Set(words);
  const asked = new Map([...worth].filter(([lexeme]) => inQuestion.has(lexeme)));
  const fused = hits.map(({ scores }) => scores.fused);
  const covered = hits.map((hit) => coverage(new Set(hit.matched), worth));
  const coverageBest = Math.max(...covered.slice(0, 5));
  const known = [...worth].filter(([lexeme]) => (corpus.documentFrequency[lexeme] ?? 0) > 0);
  const rarest = known.toSorted((one, other) => other[1] - one[1])[0]?.[0];
  const naming = new Set(analyze([top.title, ...top.headingPath].join("\n")).map(({ lexeme }) => lexeme));
  const stating = Math.min(1, naming.size / statingWords);
  return {
    /** The fused score of the best hit, its lead over the next five, and by how many standard deviations it stands out. */
    topFused: top.scores.fused,
    fusedMargin: top.scores.fused - mean(fused.slice(1, 6)),
    fusedOutlier: outlier(fused),
    /** The best cosine. */
    topVector: Math.max(...hits.map(({ scores }) => scores.vector)),
    /** The best text score as a share of the most that the question could get. */
    topText: Math.max(...hits.map((hit) => textShare(hit, worth))),
    /** The question's words, weighed by rarity: how many are in the best hit, and in the best of five. */
    coverageTop: covered[0] ?? 0,
    coverageBest,
    /** Words of the question that stand nowhere, by rarity; and whether the best hit has the rarest that stands somewhere. */
    unknownShare: 1 - coverage(new Set(known.map(([lexeme]) => lexeme)), worth),
    rarestInTop: rarest !== undefined && top.matched.includes(rarest) ? 1 : 0,
    /** Do the two legs agree on the first five, and do those stand in one document? */
    legsOverlap: overlap(hits),
    sameDocument: hits.slice(0, 5).filter(({ documentId }) => documentId === top.documentId).length / Math.min(5, hits.length),
    /** The best hit's title and headings: how much of them was asked, how alike the two are, and whether they say something. */
    namingAsked: naming.size === 0 ? 0 : [...naming].filter((lexeme) => worth.has(lexeme)).length / naming.size,
    namingMatch: likeness(inQuestion, naming, rarity),
    namingStates: stating,
    namingStatesMatch: stating * likeness(inQuestion, naming, rarity),
    /** Where they only name, the text alone has to cover the question. */
    coverageUnnamed: (1 - stating) * coverageBest,
    /** How much of the question stands within a sentence's length, and in how many of its word pairs side by side. */
    ...readTop(words, hits, asked.size > 0 ? asked : worth),
  };
}

/** Nothing was found: all that could be missing is. */
const emptyFeatures: Features = {
  topFused: 0,
  topVector: 0,
  topText: 0,
  coverageTop: 0,
  coverageBest: 0,
  windowCoverage: 0,
  rarestInTop: 0,
  unknownShare: 1,
};

/** How rare a word is in the searched set; one that was not asked, and so not counted, is taken for middling. */
function rarityIn(corpus: Retrieval["corpus"]): (lexeme: string) => number {
  const chunks = corpus.chunks + imaginedChunks;
  return (lexeme) => {
    const frequency = corpus.documentFrequency[lexeme];
    return frequency === undefined ? Math.log(1 + chunks / 4) : Math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5));
  };
}

/** What two sets of words share, by rarity, of what they hold together. */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>, rarity: (lexeme: string) => number): number {
  let shared = 0;
  let together = 0;
  for (const lexeme of new Set([...one, ...other])) {
    const value = rarity(lexeme);
    together += value;
    if (one.has(lexeme) && other.has(lexeme)) shared += value;
  }
  return together === 0 ? 0 : shared / together;
}

function coverage(present: ReadonlySet<string>, worth: ReadonlyMap<string, number>): number {
  let all = 0;
  let found = 0;
  for (const [lexeme, value] of worth) {
    all += value;
    if (present.has(lexeme)) found += value;
  }
  return all === 0 ? 0 : found / all;
}

/** BM25 against 2.2 times the sum of rarities, which no chunk can pass. */
function textShare(hit: RetrievalHit, worth: ReadonlyMap<string, number>): number {
  let all = 0;
  for (const value of worth.values()) all += value;
  return all === 0 ? 0 : Math.min(1, hit.scores.text / (2.2 * all));
}

/** How much of the question stands within a sentence's length in the best hits, and how many of its word pairs side by side. */
function readTop(asked: readonly string[], hits: readonly RetrievalHit[], worth: ReadonlyMap<string, number>): Features {
  const pairs = asked.slice(1).map((lexeme, index) => [asked[index] ?? "", lexeme] as const);
  let windowCoverage = 0;
  let pairsNear = 0;
  for (const hit of hits.slice(0, readMax)) {
    const lexemes = analyze(`${hit.text.slice(0, readCharsMax)}\n${hit.title}`);
    windowCoverage = Math.max(windowCoverage, bestWindow(lexemes, worth));
    pairsNear = Math.max(pairsNear, nearShare(pairs, lexemes));
  }
  return { windowCoverage, pairsNear };
}

/** A long sentence's worth of words. */
const windowWords = 25;

/** The largest share of the question that stands within `windowWords` words. */
function bestWindow(lexemes: readonly LexemeAt[], worth: ReadonlyMap<string, number>): number {
  let all = 0;
  for (const value of worth.values()) all += value;
  const wanted = lexemes.filter(({ lexeme }) => worth.has(lexeme));
  const inside = new Map<string, number>();
  let start = 0;
  let sum = 0;
  let best = 0;
  for (const { lexeme, position } of wanted) {
    const times = inside.get(lexeme) ?? 0;
    if (times === 0) sum += worth.get(lexeme) ?? 0;
    inside.set(lexeme, times + 1);
    for (let first = wanted[start]; first && position - first.position > windowWords; first = wanted[++start]) {
      const left = (inside.get(first.lexeme) ?? 1) - 1;
      inside.set(first.lexeme, left);
      if (left === 0) sum -= worth.get(first.lexeme) ?? 0;
    }
    best = Math.max(best, sum);
  }
  return all === 0 ? 0 : best / all;
}

/** Words this far apart still count as side by side. */
const nearWordsMax = 3;

function nearShare(pairs: readonly (readonly [string, string])[], lexemes: readonly LexemeAt[]): number {
  if (pairs.length === 0) return 0;
  const places = new Map<string, number[]>();
  for (const { lexeme, position } of lexemes) {
    const known = places.get(lexeme);
    if (known) known.push(position);
    else places.set(lexeme, [position]);
  }
  const near = pairs.filter(([one, other]) =>
    places.get(one)?.some((at) => places.get(other)?.some((place) => place !== at && Math.abs(place - at) <= nearWordsMax)),
  );
  return near.length / pairs.length;
}

function overlap(hits: readonly RetrievalHit[]): number {
  const first = (leg: "vector" | "text") =>
    hits
      .toSorted((a, b) => b.scores[leg] - a.scores[leg])
      .slice(0, 5)
      .map(({ chunkId }) => chunkId);
  const byText = new Set(first("text"));
  return first("vector").filter((id) => byText.has(id)).length / Math.min(5, hits.length);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many standard deviations the best is above the average. */
function outlier(values: readonly number[]): number {
  const average = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
  return deviation === 0 ? 0 : ((values[0] ?? 0) - average) / deviation;
}
