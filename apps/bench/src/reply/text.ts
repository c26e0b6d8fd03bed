/**
 * What the model of the reply bench says: 200 tokens that its only passage bears out, a word each.
 *
 * @module
 */
const subjects = ["parcels", "returns", "refunds", "invoices", "orders", "vouchers", "repairs", "warranties", "deliveries", "exchanges"];
const places = ["in Lisbon", "in Vienna"];

/** Sentences of ten words, so that a reply is 20 of them. */
export const sentences: readonly string[] = places.flatMap((place) =>
  subjects.map((subject, at) => `Staff handle all ${subject} ${place} within ${at + 3} working days.`),
);

export const passage = sentences.join(" ");

/** The words of the answer, each with the blank before it; every sentence cites the passage. */
export const tokens: readonly string[] = sentences
  .map((sentence) => sentence.replace(/\.$/, " [1]."))
  .flatMap((sentence) => sentence.match(/\S+(?: \[1\]\.)?/g) ?? [])
  .map((word, at) => (at === 0 ? word : ` ${word}`));

/** Words, without the citations among them: as many as tokens. */
export function wordsIn(text: string): number {
  return text.replace(/\[\d+\]/g, "").match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
}

/** `run-7-20`: which reply it is, and how many milliseconds lie between two of its tokens. */
export function markOf(run: number, paceMs: number): string {
  return `run-${run}-${paceMs}`;
}

export function readMark(text: string): { run: number; paceMs: number } | null {
  const found = [...text.matchAll(/run-(\d+)-(\d+)/g)].at(-1);
  return found === undefined ? null : { run: Number(found[1]), paceMs: Number(found[2]) };
}

/** Milliseconds since 1970 with their fractions: processes of one machine can compare them. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
