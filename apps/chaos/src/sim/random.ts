/**
 * Chance that is the same each time: everything a run decides comes out of its seed.
 *
 * @module
 */

export interface Random {
  /** Evenly from 0 up to, and without, 1. */
  next(): number;
  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number;
  chance(share: number): boolean;
}

/** A stream of its own for each name: what one part of a run draws does not shift what another draws. */
export function randomOf(...names: readonly (string | number)[]): Random {
  let state = hashOf(names.join("\u0000"));
  // mulberry32: 32 bits of state are plenty for some hundred draws.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (end) => Math.floor(next() * end), chance: (share) => next() < share };
}

/** FNV-1a, mixed once more at the end. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ (hash >>> 13);
}
