/**
 * What retrieval hands to thinking: passages with every score behind their rank, and the numbers of the set that
 * was searched, which the confidence features need. The search itself is core's.
 *
 * @module
 */
import type { PassageScores } from "@axon/contracts/answers";

/** A word of the question as the index spells it. `weight` 1 is one mention; a repeated or recent word weighs more. */
export interface WeightedLexeme {
  lexeme: string;
  weight: number;
}

/** What is asked of the search. `limit` is how many hits are wanted at most. */
export interface RetrievalQuery {
  vector: Float32Array;
  lexemes: readonly WeightedLexeme[];
  limit: number;
}

/** One chunk, best first by `scores.fused`. Both legs' scores are there whichever leg found it. */
export interface RetrievalHit {
  chunkId: string;
  documentId: string;
  sourceId: string;
  ordinal: number;
  title: string;
  headingPath: string[];
  text: string;
  page: number | null;
  /** Where a person can read the document; null for what lies nowhere else. */
  uri?: string | null;
  scores: PassageScores;
  /** The query's lexemes that the chunk contains (title and headings included). */
  matched: string[];
}

export interface Retrieval {
  hits: RetrievalHit[];
  /** The searched set: how many chunks, and in how many of them each query lexeme occurs. */
  corpus: { chunks: number; documentFrequency: Readonly<Record<string, number>> };
}

/** The port that `answer` calls: core closes it over the workspace and the agent's sources. */
export type Retrieve = (query: RetrievalQuery) => Promise<Retrieval>;
