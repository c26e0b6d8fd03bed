/**
 * Lexemes as a literal for `::tsvector`, inside PostgreSQL's limits. What does not fit is left out, never an error.
 *
 * @module
 */
import type { LexemeAt } from "./analyze.ts";

const positionMax = 16_383;
const positionsPerLexemeMax = 255;
const lexemeBytesMax = 2046;
/** A tsvector holds under 1 MiB; a chunk is far below, a text that is not ends here. */
const literalBytesMax = 900_000;

/** The literal, with every lexeme's positions: `'refund':3,9 'day':4`. */
export function toTsvector(lexemes: readonly LexemeAt[]): string {
  const places = new Map<string, number[]>();
  for (const { lexeme, position } of lexemes) {
    const clean = lexeme.replaceAll("\u0000", "");
    if (!clean || Buffer.byteLength(clean) > lexemeBytesMax) continue;
    const known = places.get(clean);
    if (!known) places.set(clean, [Math.min(position, positionMax)]);
    // Positions past the end all become the last one, which is kept once.
    else if (known.length < positionsPerLexemeMax && position <= positionMax) known.push(position);
  }
  const parts: string[] = [];
  let bytes = 0;
  for (const [lexeme, positions] of places) {
    const part = `${quoteLexeme(lexeme)}:${positions.join(",")}`;
    bytes += Buffer.byteLength(part) + 1;
    if (bytes > literalBytesMax) break;
    parts.push(part);
  }
  return parts.join(" ");
}

/** A lexeme between quotes, as tsvector and tsquery literals take it. */
export function quoteLexeme(lexeme: string): string {
  return `'${lexeme.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
