/**
 * The port to answers that a person has approved: they are given word for word, and the model is not asked. Where they
 * are kept, and when two questions are the same, is core's.
 *
 * @module
 */
import type { RetrievalQuery } from "./retrieval.ts";

/** An approved answer to a question that says the same as the customer's. */
export interface ApprovedMatch {
  answerId: string;
  /** The question it was approved for. */
  question: string;
  text: string;
  /** How sure it is that both questions are the same, 0..1. */
  score: number;
  /** What the answer rests on; null for one that a person wrote without a document. */
  citation: { documentId: string; title: string; chunkId: string; quote: string } | null;
}

/** The best match, or null. `query` holds the question's vector and lexemes, which were made already. */
export type FindApproved = (question: string, query: RetrievalQuery) => Promise<ApprovedMatch | null>;

/** An approved answer is as sure as anything gets, and never surer than this. */
export const approvedConfidenceMax = 0.99;
