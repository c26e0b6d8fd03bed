/**
 * Made-up knowledge that is spread like real knowledge: vectors in clusters that share directions, words by Zipf's law, and
 * questions that take both from a passage there is. The same seed gives the same corpus. Knows no database.
 *
 * @module
 */

export const dimensions = 1536;

/** Topics belong to fields, which have something in common; every passage touches a second topic. */
const fields = 40;
export const topics = 500;
const facets = 2_000;
const facetsPerPassage = 3;
const commonWords = 60_000;
const wordsPerTopic = 300;
/** Part of a passage's words that belong to its topic. */
const topicShare = 0.35;
/** Words of a passage besides stop words, which are not stored: some 800 characters of text. */
const wordsMin = 60;
const wordsMax = 110;
/** Words of a question: some of the passage it asks about, some that anybody uses. */
const wordsFromPassage = 5;
const wordsFromAnywhere = 3;

export interface Passage {
  topic: number;
  words: string[];
  vector: Float32Array;
}

export interface Question {
  words: string[];
  vector: Float32Array;
}

export interface Corpus {
  /** A passage about one of these topics (numbers below `topics`). */
  passage(about: readonly number[]): Passage;
  /** What somebody may ask whose answer is that passage. */
  question(passage: Passage): Question;
  /** A whole number from 0 to below `below`. */
  pick(below: number): number;
}

export function createCorpus(seed: number): Corpus {
  const random = randomOf(seed);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const direction = () => {
    const vector = new Float32Array(dimensions);
    for (let at = 0; at < dimensions; at++) vector[at] = gaussian();
    return unit(vector);
  };
  const directions = (count: number) => Array.from({ length: count }, direction);
  const [shared] = directions(1);
  const inCommon = directions(fields);
  const centers = directions(topics).map((own, topic) => {
    const center = new Float32Array(dimensions);
    add(center, inCommon[topic % fields], 0.75);
    add(center, own, 0.65);
    return unit(center);
  });
  const details = directions(facets);
  const zipfCommon = zipf(commonWords, random);
  const zipfTopic = zipf(wordsPerTopic, random);
  const pick = (below: number) => Math.floor(random() * below);

  const passage = (about: readonly number[]): Passage => {
    const topic = about[pick(about.length)] ?? 0;
    const vector = new Float32Array(dimensions);
    add(vector, shared, 0.5);
    add(vector, centers[topic], 0.7);
    add(vector, centers[about[pick(about.length)] ?? 0], 0.35 * random());
    for (let facet = 0; facet < facetsPerPassage; facet++) add(vector, details[pick(facets)], 0.35 * gaussian());
    add(vector, details[pick(facets)], 0.3);
    const words = Array.from({ length: wordsMin + pick(wordsMax - wordsMin) }, () =>
      random() < topicShare ? `t${topic.toString(36)}x${zipfTopic().toString(36)}` : `c${zipfCommon().toString(36)}`,
    );
    return { topic, words, vector: unit(vector) };
  };

  const question = ({ words, vector }: Passage): Question => {
    const asked = Float32Array.from(vector);
    for (let facet = 0; facet < facetsPerPassage; facet++) add(asked, details[pick(facets)], 0.25 * gaussian());
    const own = Array.from({ length: wordsFromPassage }, () => words[pick(words.length)] ?? "");
    const other = Array.from({ length: wordsFromAnywhere }, () => `c${zipfCommon().toString(36)}`);
    return { words: [...new Set([...own, ...other])], vector: unit(asked) };
  };

  return { passage, question, pick };
}

/** Marsaglia's multiply-with-carry in the shape known as mulberry32: 0 to below 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ranks from 0, each as often as Zipf's law has it. */
function zipf(ranks: number, random: () => number): () => number {
  const sums = new Float64Array(ranks);
  let sum = 0;
  for (let rank = 0; rank < ranks; rank++) sums[rank] = sum += 1 / (rank + 2.7);
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, ranks - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? sum) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function add(to: Float32Array, what: Float32Array | undefined, times: number): void {
  if (what) for (let at = 0; at < to.length; at++) to[at] = (to[at] ?? 0) + (what[at] ?? 0) * times;
}

function unit(vector: Float32Array): Float32Array {
  let squares = 0;
  for (let at = 0; at < vector.length; at++) squares += (vector[at] ?? 0) ** 2;
  const scale = 1 / Math.sqrt(squares);
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) * scale;
  return vector;
}
