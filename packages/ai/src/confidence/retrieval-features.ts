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

/** The features of a retrieval. `question` is the customer's last message alone; the query may know the one before. */
export function retrievalFeatures(question: string, query: RetrievalQuery, { hits: all, corpus }: Retrieval): Features {
  const hits = all.slice(0, consideredMax);
  const worth = worthOf(query, corpus);
  const [top] = hits;
  if (!top) return emptyFeatures;
  const fused = hits.map(({ scores }) => scores.fused);
  const vectors = hits.map(({ scores }) => scores.vector).sort((a, b) => b - a);
  const covered = hits.map((hit) => coverage(new Set(hit.matched), worth));
  const words = analyze(question).map(({ lexeme }) => lexeme);
  const inQuestion = new Set(words);
  const asked = new Map([...worth].filter(([lexeme]) => inQuestion.has(lexeme)));
  const known = [...worth].filter(([lexeme]) => (corpus.documentFrequency[lexeme] ?? 0) > 0);
  const rarest = known.toSorted((a, b) => b[1] - a[1])[0]?.[0];
  const naming = new Set(analyze([top.title, ...top.headingPath].join("\n")).map(({ lexeme }) => lexeme));
  const reading = readTop(words, hits, asked.size > 0 ? asked : worth);
  return {
    /** The fused score of the best hit, and how it falls off behind it. */
    topFused: top.scores.fused,
    fusedMargin2: top.scores.fused - (fused[1] ?? 0),
    fusedMargin5: top.scores.fused - mean(fused.slice(1, 6)),
    fusedEntropy: entropy(fused.slice(0, 10)),
    fusedOutlier: outlier(fused),
    /** Cosines: the best, and its lead. */
    topVector: vectors[0] ?? 0,
    vectorMargin: (vectors[0] ?? 0) - mean(vectors.slice(1, 6)),
    /** Text scores as a share of the most that the question could get. */
    topText: Math.max(...hits.map((hit) => textShare(hit, worth))),
    /** The question's words, weighed by rarity: how many are in the best hit, in the best of five, in three together. */
    coverageTop: covered[0] ?? 0,
    coverageBest: Math.max(...covered.slice(0, 5)),
    coverageUnion: coverage(new Set(hits.slice(0, 3).flatMap(({ matched }) => matched)), worth),
    coverageAsked: asked.size > 0 ? coverage(new Set(top.matched), asked) : (covered[0] ?? 0),
    coverageMargin: (covered[0] ?? 0) - mean(covered.slice(1, 6)),
    /** Words of the question that stand nowhere, by rarity; and whether the best hit has the rarest that stands somewhere. */
    unknownShare: 1 - coverage(new Set(known.map(([lexeme]) => lexeme)), worth),
    rarestInTop: rarest !== undefined && top.matched.includes(rarest) ? 1 : 0,
    /** Do the two legs agree on the best hit and on the first five, and do the first five stand in one document? */
    legsAgree: bestBy(hits, "vector") === bestBy(hits, "text") ? 1 : 0,
    legsOverlap: overlap(hits),
    sameDocument: hits.slice(0, 5).filter(({ documentId }) => documentId === top.documentId).length / Math.min(5, hits.length),
    /** The best hit's title and headings: how much of the question they name, and of them the question. */
    namingCoverage: coverage(naming, worth),
    namingAsked: naming.size === 0 ? 0 : [...naming].filter((lexeme) => worth.has(lexeme)).length / naming.size,
    ...reading,
    /** How much was asked. */
    questionLength: Math.log1p(worth.size),
  };
}

const emptyFeatures: Features = { topFused: 0, topVector: 0, topText: 0, coverageTop: 0, coverageBest: 0, coverageUnion: 0, coverageAsked: 0, unknownShare: 1 };

/** Each lexeme's weight times its rarity. */
function worthOf(query: RetrievalQuery, corpus: Retrieval["corpus"]): Map<string, number> {
  const chunks = corpus.chunks + imaginedChunks;
  return new Map(
    query.lexemes.map(({ lexeme, weight }) => {
      const frequency = corpus.documentFrequency[lexeme] ?? 0;
      return [lexeme, weight * Math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5))];
    }),
  );
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

function bestBy(hits: readonly RetrievalHit[], leg: "vector" | "text"): string | undefined {
  return hits.toSorted((a, b) => b.scores[leg] - a.scores[leg])[0]?.chunkId;
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

/** Of the scores as shares of a whole, sharpened: 0 when one hit has it all, 1 when all are alike. */
function entropy(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const sharpened = values.map((value) => Math.exp(value * 20));
  const all = sharpened.reduce((sum, value) => sum + value, 0);
  const nats = sharpened.reduce((sum, value) => sum - (value / all) * Math.log(value / all), 0);
  return nats / Math.log(values.length);
}

/** How many standard deviations the best is above the average. */
function outlier(values: readonly number[]): number {
  const average = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
  return deviation === 0 ? 0 : ((values[0] ?? 0) - average) / deviation;
}
