/**
 * Rows in PostgreSQL's binary COPY format, for the types that a chunk has.
 *
 * @module
 */

/** One column's value as it travels; null for NULL. */
export type Field = Buffer | null;

const signature = Buffer.concat([Buffer.from("PGCOPY\n"), Buffer.from([0xff, 0x0d, 0x0a, 0x00]), Buffer.alloc(8)]);
const trailer = Buffer.from([0xff, 0xff]);
/** Bytes gathered before they are handed on. */
const blockBytes = 1 << 20;

/** The whole stream, in blocks of about a megabyte. */
export function* copyBlocks(rows: Iterable<readonly Field[]>): Generator<Buffer> {
  let parts: Buffer[] = [signature];
  let bytes = 0;
  for (const row of rows) {
    const head = Buffer.alloc(2);
    head.writeInt16BE(row.length);
    parts.push(head);
    for (const field of row) {
      const length = Buffer.alloc(4);
      length.writeInt32BE(field === null ? -1 : field.length);
      parts.push(length);
      if (field !== null) parts.push(field);
      bytes += 4 + (field?.length ?? 0);
    }
    if (bytes < blockBytes) continue;
    yield Buffer.concat(parts);
    [parts, bytes] = [[], 0];
  }
  yield Buffer.concat([...parts, trailer]);
}

export const text = (value: string): Buffer => Buffer.from(value);
export const uuid = (value: string): Buffer => Buffer.from(value.replaceAll("-", ""), "hex");
export const boolean = (value: boolean): Buffer => Buffer.from([value ? 1 : 0]);

export function integer(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** An array of text without elements. */
export const noTexts: Buffer = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]);

/** Each word as often as it occurs, at the places where it does. */
export function tsvector(words: readonly string[]): Buffer {
  const places = new Map<string, number[]>();
  for (const [at, word] of words.entries()) places.set(word, [...(places.get(word) ?? []), at + 1]);
  const parts = [integer(places.size)];
  for (const [word, positions] of places) {
    const tail = Buffer.alloc(1 + 2 + 2 * positions.length);
    tail.writeUInt16BE(positions.length, 1);
    for (const [at, position] of positions.entries()) tail.writeUInt16BE(position, 3 + 2 * at);
    parts.push(Buffer.from(word), tail);
  }
  return Buffer.concat(parts);
}

/** Half precision, rounded to the nearest; values are those of a vector of length 1. */
export function halfvec(vector: Float32Array): Buffer {
  const buffer = Buffer.alloc(4 + 2 * vector.length);
  buffer.writeInt16BE(vector.length);
  const bits = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
  for (let at = 0; at < bits.length; at++) {
    const half = halfOf(bits[at] ?? 0);
    buffer[4 + 2 * at] = half >>> 8;
    buffer[5 + 2 * at] = half & 0xff;
  }
  return buffer;
}

/** From the bits of a float to those of a half float; below 2^-14 it is zero, which says as little. */
function halfOf(bits: number): number {
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent <= 0) return 0;
  return ((bits >>> 16) & 0x8000) | ((((exponent << 10) | ((bits >>> 13) & 0x3ff)) + ((bits >>> 12) & 1)) & 0x7fff);
}
