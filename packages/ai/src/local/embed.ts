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
  const features = new Map<string, number>();
  const count = (feature: string) => features.set(feature, (features.get(feature) ?? 0) + 1);
  let before = "";
  for (const { lexeme } of analyze(text).slice(0, wordsMax)) {
    count(`w${lexeme}`);
    if (before) count(`p${before} ${lexeme}`);
    before = lexeme;
    for (const piece of pieces(lexeme)) count(`c${piece}`);
  }
  const vector = new Float32Array(vectorDimensions);
  for (const [feature, times] of features) {
    const hash = fnv1a(feature);
    const weight = (1 + Math.log(times)) * weightOf(feature);
    const place = hash % vectorDimensions;
    vector[place] = (vector[place] ?? 0) + (hash & 0x8000_0000 ? weight : -weight);
  }
  return normalized(vector);
}

function weightOf(feature: string): number {
  if (feature.startsWith("w")) return featureWeights.word;
  return feature.startsWith("p") ? featureWeights.pair : featureWeights.piece;
}

/** The word's overlapping pieces, its edges marked. Words that are bigrams already (Chinese) have none. */
function pieces(lexeme: string): string[] {
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

function normalized(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (sum === 0) {
    vector[0] = 1;
    return vector;
  }
  const length = Math.sqrt(sum);
  return vector.map((value) => value / length);
}
