/**
 * What a search result tells about whether it holds an answer, as numbers. All are shares, cosines or small counts that
 * mean the same in a knowledge base of three chunks and of a hundred thousand.
 *
 * @module
 */
import type { HistoryTurn } from "@axon/contracts/answers";
import { analyze } from "../lexical/analyze.ts";
import { hashedCosines, hashedVector } from "../local/embed.ts";
import type { Retrieval, RetrievalHit, RetrievalQuery } from "../retrieval.ts";
import { isFiller, subjectOf } from "./fillers.ts";
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
/** Turns of the conversation that the best hit is compared with, newest last. */
const turnsMax = 20;
/** A title of this many words or more asks or states something; a shorter one only names. */
const statingWords = 6;

type Worth = (lexeme: string) => number;

/** The question as the features see it: its different words, those it is about, and what each is worth by rarity. */
interface Asked {
  question: string;
  words: readonly string[];
  subject: readonly string[];
  rarity: Worth;
  vector: Float32Array;
}

/**
 * The features of a retrieval. `question` is the customer's last message alone; the query may know the one before, and
 * `history` is all that was said, on both sides. They were chosen on the dev sets, documents and whole sets that were not
 * fitted on deciding: of about 150 candidates those stayed without which the unseen were told worse. docs/confidence.md
 * says of each what it means.
 */
export function retrievalFeatures(
  question: string,
  query: RetrievalQuery,
  { hits: all, corpus }: Retrieval,
  history: readonly HistoryTurn[] = [],
): Features {
  const hits = all.slice(0, consideredMax);
  const [top] = hits;
  if (!top) return emptyFeatures;
  const rarity = rarityIn(corpus);
  const worth = new Map(query.lexemes.map(({ lexeme, weight }) => [lexeme, weight * rarity(lexeme)]));
  const words = [...new Set(lexemesOf(question))];
  const said = saidBefore(history);
  const asked: Asked = { question, words, subject: subjectOf(words), rarity, vector: hashedVector(question) };
  const topText = Math.max(...hits.map(({ scores }) => scores.text));
  /**
   * The best text score (BM25), as its binary logarithm; and how far apart the fused scores of the hits are. Where all there is has
   * the very words that match (one passage, or the same one twice), none is rare and nothing is ahead: both are left out.
   */
  const comparable = topText === 0 || hits.some(({ matched }) => matched.some((word) => tellsApart(corpus, word)));
  const topTextLog = Math.log2(1 + topText);
  return {
    /** The best cosine. Of an embedder's own scale: only the model of a real one knows it. */
    topVector: Math.max(...hits.map(({ scores }) => scores.vector)),
    ...(comparable ? { topTextLog, fusedSpread: deviation(hits.map(({ scores }) => scores.fused)) } : {}),
    /** How many of the first five stand in the best hit's document. */
    sameDocument: hits.slice(0, 5).filter(({ documentId }) => documentId === top.documentId).length / Math.min(5, hits.length),
    /** Names in the question that the best hit lacks. (Not numbers: a customer's order number stands in no handbook.) */
    namesMissing: missing(namesIn(question), top),
    ...ofNaming(asked, hits, worth),
    ...ofTexts(asked, hits, top),
    ...ofDocuments(asked, hits, top),
    ...(said === "" ? {} : ofConversation(asked, said, top)),
    ...(said !== "" && comparable ? { followUpTextLog: topTextLog } : {}),
  };
}

/** Nothing was found: all that could be missing is. */
const emptyFeatures: Features = {
  topVector: 0,
  topTextLog: 0,
  fusedSpread: 0,
  sameDocument: 0,
  namesMissing: 1,
  coverageUnnamed: 0,
  nearCoverageTop: 0,
  nearCoverageBest: 0,
  distinctCoverage: 0,
};

/** Titles and headings against the question. */
function ofNaming({ words, subject, rarity, vector }: Asked, hits: readonly RetrievalHit[], worth: ReadonlyMap<string, number>): Features {
  const inQuestion = new Set(words);
  const compare = (name: string) => {
    const naming = new Set(lexemesOf(name));
    const share = nearCoverage([...naming], inQuestion, rarity);
    const subjectShare = nearCoverage(subject, naming, rarity);
    const match = share + subjectShare === 0 ? 0 : (2 * share * subjectShare) / (share + subjectShare);
    return { naming, asked: share, match };
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
  const stating = Math.min(1, (first[0]?.naming.size ?? 0) / statingWords);
  const coverageBest = Math.max(
    ...hits.slice(0, readMax).map(({ matched }) => coverage([...worth.keys()], new Set(matched), (lexeme) => worth.get(lexeme) ?? 0)),
  );
  return {
    /** Of the five best hits' titles with headings: how many of their words were asked, near ones in part; the best cosine. */
    namingAskedNear: Math.max(...first.map(({ asked }) => asked)),
    namingCosine: Math.max(...hashedCosines(vector, [...new Set(hits.slice(0, readMax).map(nameOf))])),
    namingDistinct: distinctNaming(hits, inQuestion),
    /** How far the best matching title is ahead of the next document's. */
    namingLead: best - second,
    /** Where title and headings only name, the text alone has to cover the question. */
    coverageUnnamed: (1 - stating) * coverageBest,
  };
}

/** Of the best title, how many of its words were asked, each weighed by how few of the titles found have it. */
function distinctNaming(hits: readonly RetrievalHit[], inQuestion: ReadonlySet<string>): number {
  const names = [...new Set(hits.map(nameOf))].map((name) => new Set(lexemesOf(name)));
  const frequency = new Map<string, number>();
  for (const name of names) for (const lexeme of name) frequency.set(lexeme, (frequency.get(lexeme) ?? 0) + 1);
  const distinct: Worth = (lexeme) => Math.log(1 + names.length / (0.5 + (frequency.get(lexeme) ?? 0)));
  return Math.max(
    ...names.map((name) =>
      coverage(
        [...name].filter((lexeme) => !isFiller(lexeme)),
        inQuestion,
        distinct,
      ),
    ),
  );
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

/**
 * What only a follow-up has; a first question lacks these features, and what is missing counts as average. (Its text score
 * is of another size: the message before it was searched for as well.)
 */
function ofConversation({ question, vector }: Asked, said: string, top: RetrievalHit): Features {
  const passage = [`${nameOf(top)}\n${top.text}`];
  const [talk = 0] = hashedCosines(hashedVector(said), passage);
  const [asked = 0] = hashedCosines(vector, passage);
  return {
    /** Is the best hit about what the conversation is about? Or, if the subject has just changed, about the question? */
    topicHeld: Math.max(talk, asked),
    /** A follow-up that wants a yes or no asks for what is seldom stated in so many words. */
    followUpYesOrNo: wantsYesOrNo(question) ? 1 : 0,
  };
}

function saidBefore(history: readonly HistoryTurn[]): string {
  return history
    .slice(-turnsMax)
    .map(({ text }) => text)
    .join("\n")
    .trim();
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

function tellsApart({ chunks, documentFrequency }: Retrieval["corpus"], lexeme: string): boolean {
  return (documentFrequency[lexeme] ?? 0) < chunks;
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

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
