/**
 * Vectors without a model: words, word pairs and pieces of words hashed into 1,536 signed places. Texts that share
 * words, or spell them a little differently, come out near each other in any language; meaning it does not know.
 *
 * @module
 */
import { analyze } from "../lexical/analyze.ts";
import { vectorDimensions } from "../provider.ts";

/** How much each kind of feature counts beside a whole word. Set on the dev sets by `pnpm eval`. */
export const featureWeights = { word: 1, pair: 0.5, piece: 0.3 };
const pieceLengths = [3, 4];
/** Beyond this many words the rest of a text is not read. */
const wordsMax = 4096;

/** The vector of one text, length 1; a text without words gives one fixed direction, so that cosines stay defined. */
export function hashedVector(text: string): Float32Array {
  const vector = new Float32Array(vectorDimensions);
  const length = addFeatures(vector, text);
  if (length === 0) vector[0] = 1;
  else for (let place = 0; place < vectorDimensions; place += 1) vector[place] = (vector[place] ?? 0) / length;
  return vector;
}

/** The cosine of each text's vector with one of length 1: the same as by `hashedVector`, without keeping the vectors. */
export function hashedCosines(vector: Float32Array, texts: readonly string[]): number[] {
  const scratch = new Float32Array(vectorDimensions);
  return texts.map((text) => {
    scratch.fill(0);
    const length = addFeatures(scratch, text);
    if (length === 0) return vector[0] ?? 0;
    let sum = 0;
    for (let place = 0; place < vectorDimensions; place += 1) sum += (scratch[place] ?? 0) * (vector[place] ?? 0);
    return sum / length;
  });
}

/** Adds a text's features to a vector of zeros; gives its length then. */
function addFeatures(vector: Float32Array, text: string): number {
  const words = new Map<number, number>();
  const pairs = new Map<number, number>();
  const pieces = new Map<number, number>();
  let before = "";
  for (const { lexeme } of analyze(text).slice(0, wordsMax)) {
    const [word = 0, ...rest] = hashesOf(lexeme);
    count(words, word);
    if (before) count(pairs, fnv1a(`p${before} ${lexeme}`));
    before = lexeme;
    for (const piece of rest) count(pieces, piece);
  }
  addAll(vector, words, featureWeights.word);
  addAll(vector, pairs, featureWeights.pair);
  addAll(vector, pieces, featureWeights.piece);
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}

function count(times: Map<number, number>, hash: number): void {
  times.set(hash, (times.get(hash) ?? 0) + 1);
}

function addAll(vector: Float32Array, features: ReadonlyMap<number, number>, featureWeight: number): void {
  for (const [hash, times] of features) {
    const weight = (times === 1 ? 1 : 1 + Math.log(times)) * featureWeight;
    const place = hash % vectorDimensions;
    vector[place] = (vector[place] ?? 0) + (hash & 0x8000_0000 ? weight : -weight);
  }
}

/** What words became: most words of a text have been met before. */
const remembered = new Map<string, readonly number[]>();
const rememberedMax = 50_000;

/** The hash of a word, then those of its pieces. */
function hashesOf(lexeme: string): readonly number[] {
  const known = remembered.get(lexeme);
  if (known) return known;
  const hashes = [fnv1a(`w${lexeme}`), ...piecesOf(lexeme).map((piece) => fnv1a(`c${piece}`))];
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(lexeme, hashes);
  return hashes;
}

/** The word's overlapping pieces, its edges marked. Words that are bigrams already (Chinese) have none. */
function piecesOf(lexeme: string): string[] {
  const characters = [...`_${lexeme}_`];
  if (characters.length < 5) return [];
  return pieceLengths.flatMap((length) =>
    characters.slice(0, Math.max(0, characters.length - length + 1)).map((_, start) => characters.slice(start, start + length).join("")),
  );
}

/** FNV-1a over UTF-16 units with a final mix, so that low bits are as good as high ones. */
function fnv1a(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
