/**
 * Colours, or none. Everything that is printed goes through one of these words, so that a pipe gets plain text.
 *
 * @module
 */
type Paint = (text: string) => string;

export interface Style {
  strong: Paint;
  faint: Paint;
  good: Paint;
  warn: Paint;
  bad: Paint;
  accent: Paint;
}

/** Real colours when `colours` is true, the bare text otherwise. */
export function createStyle(colours: boolean): Style {
  const paint =
    (on: number, off: number): Paint =>
    (text) =>
      colours && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { strong: paint(1, 22), faint: paint(2, 22), good: paint(32, 39), warn: paint(33, 39), bad: paint(31, 39), accent: paint(36, 39) };
}
