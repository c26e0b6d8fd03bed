/**
 * What must never be, and was.
 *
 * @module
 */

/** The promises that a run is held to. */
export type Rule =
  | "a message was lost"
  | "a message was doubled"
  | "a reply was doubled"
  | "a reply came after a takeover"
  | "the order was turned round"
  | "a number is missing"
  | "a reply's story does not hold"
  | "a stream does not hold"
  | "told before it was so"
  | "a turn stayed open"
  | "a job was left behind"
  | "a question was left alone"
  | "a handoff without one fallback"
  | "something broke that nobody had broken";

export class Violation extends Error {
  override readonly name = "Violation";
  readonly rule: Rule;

  constructor(rule: Rule, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}
