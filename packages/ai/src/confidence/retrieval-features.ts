/**
 * What a search result tells about whether it holds an answer, as numbers. All are shares, cosines or small counts that
 * mean the same in a knowledge base of three chunks and of a hundred thousand.
 *
 * @module
 */
import { analyze } from "../lexical/analyze.ts";
import { hashedVector } from "../local/embed.ts";
import type { Retrieval, RetrievalHit, RetrievalQuery } from "../retrieval.ts";
import { subjectOf } from "./fillers.ts";
import type { Features } from "./model.ts";
import { nearCoverage } from "./near-words.ts";
import { namesIn, wantsYesOrNo } from "./question-shape.ts";

/** Hits that are looked at, best first; those whose titles are compared; and those whose text is read, how much of each. */
const consideredMax = 20;
const titlesMax = 10;
const readMax = 5;
const readCharsMax = 3000;
/**
 * Chunks that are imagined beside the real ones when rarity is weighed: in a set of three, a word that stands in all of
 * them may be the very subject, and one that stands in one of them is not yet rare.
 */
const imaginedChunks = 50;
/** A title of this many words or more asks or states something; a shorter one only names. */
const statingWords = 6;

type Worth = (lexeme: string) => number;

/** The question as the features see it: its different words, those it is about, and what each is worth by rarity. */
interface Asked {
  question: string;
  words: readonly string[];
  subject: readonly string[];
  rarity: Worth;
}

/**
 * The features of a retrieval. `question` is the customer's last message alone; the query may know the one before.
 * They were chosen on the dev sets, documents that were not fitted on deciding: of about a hundred candidates those
 * stayed without which unseen documents were told worse.
 */
export function retrievalFeatures(question: string, query: RetrievalQuery, { hits: all, corpus }: Retrieval): Features {
  const hits = all.slice(0, consideredMax);
  const [top] = hits;
  if (!top) return emptyFeatures;
  const rarity = rarityIn(corpus);
  const worth = new Map(query.lexemes.map(({ lexeme, weight }) => [lexeme, weight * rarity(lexeme)]));
  const words = [...new Set(lexemesOf(question))];
  const asked: Asked = { question, words, subject: subjectOf(words), rarity };
  return {
    /** The best cosine; the best text score (BM25, its binary logarithm); and by how much the first hit is above the tenth. */
    topVector: Math.max(...hits.map(({ scores }) => scores.vector)),
    topTextLog: Math.log2(1 + Math.max(...hits.map(({ scores }) => scores.text))),
    fusedLead: top.scores.fused - (hits[9]?.scores.fused ?? 0),
    /** How many of the first five stand in the best hit's document. */
    sameDocument: hits.slice(0, 5).filter(({ documentId }) => documentId === top.documentId).length / Math.min(5, hits.length),
    /** Names in the question that the best hit lacks. (Not numbers: a customer's order number stands in no handbook.) */
    namesMissing: missing(namesIn(question), top),
    /** What wants a yes or no is seldom stated in so many words. */
    wantsYesOrNo: wantsYesOrNo(question) ? 1 : 0,
    ...ofNaming(asked, hits, top, worth),
    ...ofTexts(asked, hits, top),
    ...ofDocuments(asked, hits, top),
  };
}

/** Nothing was found: all that could be missing is. */
const emptyFeatures: Features = {
  topVector: 0,
  topTextLog: 0,
  fusedLead: 0,
  sameDocument: 0,
  namesMissing: 1,
  coverageUnnamed: 0,
  nearCoverageTop: 0,
  nearCoverageBest: 0,
  distinctCoverage: 0,
};

/** Titles and headings against the question. */
function ofNaming(
  { question, words, subject, rarity }: Asked,
  hits: readonly RetrievalHit[],
  top: RetrievalHit,
  worth: ReadonlyMap<string, number>,
): Features {
  const vector = hashedVector(question);
  const inQuestion = new Set(words);
  const compare = (name: string) => {
    const naming = new Set(lexemesOf(name));
    const share = nearCoverage([...naming], inQuestion, rarity);
    const subjectShare = nearCoverage(subject, naming, rarity);
    const match = share + subjectShare === 0 ? 0 : (2 * share * subjectShare) / (share + subjectShare);
    return { asked: share, covers: nearCoverage(words, naming, rarity), match, cosine: dot(vector, hashedVector(name)) };
  };
  const seen = new Map<string, ReturnType<typeof compare>>();
  const bestOf = new Map<string, number>();
  for (const hit of hits.slice(0, titlesMax)) {
    const name = nameOf(hit);
    const compared = seen.get(name) ?? compare(name);
    seen.set(name, compared);
    bestOf.set(hit.documentId, Math.max(bestOf.get(hit.documentId) ?? 0, compared.match));
  }
  const first = hits.slice(0, readMax).flatMap((hit) => seen.get(nameOf(hit)) ?? []);
  const [best = 0, second = 0] = [...bestOf.values()].toSorted((one, other) => other - one);
  const naming = new Set(lexemesOf(nameOf(top)));
  const stating = Math.min(1, naming.size / statingWords);
  const coverageBest = Math.max(
    ...hits.slice(0, 5).map(({ matched }) => coverage([...worth.keys()], new Set(matched), (lexeme) => worth.get(lexeme) ?? 0)),
  );
  return {
    /** The best hit's title and headings: how many of their words were asked, and how much of the question they have. */
    namingAsked: naming.size === 0 ? 0 : [...naming].filter((lexeme) => worth.has(lexeme)).length / naming.size,
    namingCoverage: coverage(words, naming, rarity),
    /** The same of the best of five, near words in part; and the best cosine of question and title. */
    namingAskedNear: Math.max(...first.map(({ asked }) => asked)),
    namingCoverageNear: Math.max(...first.map(({ covers }) => covers)),
    namingCosine: Math.max(...first.map(({ cosine }) => cosine)),
    /** How far the best matching title is ahead of the next document's. */
    namingLead: best - second,
    /** Where title and headings only name, the text alone has to cover the question. */
    coverageUnnamed: (1 - stating) * coverageBest,
  };
}

/** How much of the question the texts have, near words in part: the best hit of what it is about, the best of five of all. */
function ofTexts({ words, subject, rarity }: Asked, hits: readonly RetrievalHit[], top: RetrievalHit): Features {
  const read = (hit: RetrievalHit) => new Set(lexemesOf(`${nameOf(hit)}\n${hit.text.slice(0, readCharsMax)}`));
  const texts = hits.slice(0, readMax).map(read);
  return {
    nearCoverageTop: nearCoverage(subject, texts[0] ?? read(top), rarity),
    nearCoverageBest: Math.max(...texts.map((text) => nearCoverage(words, text, rarity))),
    /** Of all the question's words in the best hit, letter for letter. */
    coverageTop: coverage(words, new Set(top.matched), rarity),
  };
}

/** What the question is about, against all that was found of a document. */
function ofDocuments({ subject, rarity }: Asked, hits: readonly RetrievalHit[], top: RetrievalHit): Features {
  const documents = new Map<string, Set<string>>();
  for (const { documentId, matched } of hits) {
    const present = documents.get(documentId) ?? new Set();
    for (const lexeme of matched) present.add(lexeme);
    documents.set(documentId, present);
  }
  const all = [...documents.values()];
  const others = [...documents].filter(([id]) => id !== top.documentId).map(([, present]) => present);
  const distinct: Worth = (lexeme) => Math.log(1 + all.length / (0.5 + all.filter((present) => present.has(lexeme)).length));
  return {
    /** The best hit's document, and the best of the others. */
    documentCoverage: coverage(subject, documents.get(top.documentId) ?? new Set(), rarity),
    otherCoverage: Math.max(0, ...others.map((present) => coverage(subject, present, rarity))),
    /** The best document, each word weighed by how few of the found documents have it. */
    distinctCoverage: Math.max(...all.map((present) => coverage(subject, present, distinct))),
  };
}

function nameOf({ title, headingPath }: RetrievalHit): string {
  return [title, ...headingPath].join("\n");
}

function lexemesOf(text: string): string[] {
  return analyze(text).map(({ lexeme }) => lexeme);
}

/** How rare a word is in the searched set; one that was not asked, and so not counted, is taken for middling. */
function rarityIn(corpus: Retrieval["corpus"]): Worth {
  const chunks = corpus.chunks + imaginedChunks;
  return (lexeme) => {
    const frequency = corpus.documentFrequency[lexeme];
    return frequency === undefined ? Math.log(1 + chunks / 4) : Math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5));
  };
}

/** The share of `wanted`, weighed, that is `present`. Nothing wanted: 0. */
function coverage(wanted: readonly string[], present: ReadonlySet<string>, worthOf: Worth): number {
  let all = 0;
  let found = 0;
  for (const lexeme of wanted) {
    const worth = worthOf(lexeme);
    all += worth;
    if (present.has(lexeme)) found += worth;
  }
  return all === 0 ? 0 : found / all;
}

/** The share of some lexemes of the question that a hit does not have. */
function missing(lexemes: readonly string[], { matched }: RetrievalHit): number {
  return lexemes.length === 0 ? 0 : lexemes.filter((lexeme) => !matched.includes(lexeme)).length / lexemes.length;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}
