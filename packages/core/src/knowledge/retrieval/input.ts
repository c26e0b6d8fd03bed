/**
 * What a search is asked and what it tells: the words of both statements. Decides nothing.
 *
 * @module
 */
import type { Retrieval, RetrievalHit, RetrievalQuery } from "@axon/ai/retrieval";
import type { Audience } from "@axon/contracts/knowledge";

/** Which chunks may be found at all. */
export interface RetrieveFilter {
  /** `public`: what customers may read; `all`: what is internal as well. */
  audience: "public" | "all";
  /** A BCP 47 tag: chunks of that language, and those of none. Null or absent: any. */
  locale?: string | null;
  /** Chunks that bear at least one of these. Empty or absent: any. */
  labels?: readonly string[];
}

export interface RetrieveInput extends RetrievalQuery {
  /** Only these sources; empty means every source of the workspace. */
  sourceIds: readonly string[];
  /** Who made the vector. Vectors of other embedders are not compared; their chunks are found by full text only. */
  embedder: string;
  /** Absent: everything. */
  filter?: RetrieveFilter;
  /** An ISO instant: what was searchable then, as far as it is still kept. */
  asOf?: string;
  /** Share of the text score in the rank, 0..1; absent: the workspace's own, or the one that was measured. */
  textShare?: number;
  /** True: also what is still on its way and has never been searchable. To explain a search, not to answer by. */
  unpublished?: boolean;
}

export interface FoundHit extends RetrievalHit {
  audience: Audience;
  locale: string | null;
  labels: string[];
  searchable: boolean;
  /** Its place in each leg, from 1; null when that leg did not bring it. */
  ranks: { vector: number | null; text: number | null };
  /** How often each of `matched` stands in it, and what that adds to the text score. */
  occurrences: { times: number; contribution: number }[];
}

export interface Found extends Retrieval {
  hits: FoundHit[];
  how: {
    /** `exact`: every chunk was compared. `indexed`: the nearest by index, and the chunks with the question's rarer words. */
    path: "exact" | "indexed";
    textShare: number;
    /** The most that the text score could have been for this question. */
    textScoreMax: number;
    /** What each lexeme of the question is worth: its weight times its rarity. */
    worth: Readonly<Record<string, number>>;
  };
}

/** Chunks that each leg brings to the fusion. */
export const candidatesPerLegMax = 100;
export const hitsMax = 100;

/** BM25's usual constants: how soon repetition stops counting, how much length does. */
export const k1 = 1.2;
export const b = 0.75;

/**
 * The fused score: shares of the text score, as a part of the most this question could get (so that it is 0..1 like the
 * cosine, whatever the question), and of the cosine. Set on the dev sets; anything from .35 to .5 does about as well.
 */
export const measuredTextShare = 0.44;
