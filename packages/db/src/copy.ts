/**
 * Many rows at once, as PostgreSQL's binary COPY: no value is written as text and read again, which for a vector of 1,536 numbers
 * is most of the work.
 *
 * COPY does not go into a table under row-level security. So the rows go into a table of this transaction's own, and from
 * there by a statement that the fences see.
 *
 * @module
 */
import type { Writable } from "node:stream";
import { sql } from "drizzle-orm";
import type { Tx } from "./transaction.ts";

/** How a value is written: what it must be in JavaScript, and what it arrives as. */
const encoders = {
  uuid,
  integer: (value: unknown) => int32(Number(value)),
  text: (value: unknown) => Buffer.from(text(value)),
  "text[]": textArray,
  /** From a `Float32Array`. */
  halfvec,
} as const;
export type CopyType = keyof typeof encoders;

export interface CopyColumn {
  name: string;
  type: CopyType;
}

const header = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const trailer = Buffer.from([0xff, 0xff]);
/** Written to the connection in pieces of about this many bytes. */
const pieceBytes = 256 * 1024;
const textOid = 25;
/** The most that a row may take of a page. */
const pageBytes = 8160;

/**
 * Puts rows into a temporary table `name`, which is gone with the transaction. Values are in the columns' order, null where there
 * is none. All rows are in memory at once: a caller brings a batch. Throws for a value of another type than its column's.
 */
export async function copyIn(tx: Tx, name: string, columns: readonly CopyColumn[], rows: Iterable<readonly unknown[]>): Promise<void> {
  // All of it before the server is told: what cannot be written is found out while nothing has begun.
  const pieces = encodeRows(columns, rows);
  const shape = columns.map((column) => sql`${sql.identifier(column.name)} ${sql.raw(column.type)}`);
  // As wide as a page: moving long values aside and back again would take as long as all the rest.
  await tx.execute(
    sql`create temp table ${sql.identifier(name)} (${sql.join(shape, sql`, `)}) with (toast_tuple_target = ${sql.raw(String(pageBytes))}) on commit drop`,
  );
  const stream = await tx.copyFrom(`copy pg_temp."${name}" from stdin (format binary)`);
  let refused: Error | null = null;
  stream.on("error", (error) => {
    refused = error;
  });
  // Not waited for: it is in memory already.
  for (const piece of pieces) stream.write(piece);
  await said(stream);
  // Not `finish`: the client never tells it when the server refuses what it has got. In a failed transaction nothing more is done.
  await tx.execute(sql`select`).catch((error: unknown) => {
    throw new Error("rows could not be copied", { cause: refused ?? error });
  });
}

/** Ends the stream; resolves once the server has been told, whatever it will answer. */
function said(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const end = stream._final.bind(stream);
    stream._final = (done) => {
      end(done);
      resolve();
    };
    stream.once("close", resolve);
    stream.end();
  });
}

function encodeRows(columns: readonly CopyColumn[], rows: Iterable<readonly unknown[]>): Buffer[] {
  const pieces: Buffer[] = [];
  let open: Buffer[] = [header];
  let bytes = 0;
  for (const row of rows) {
    const tuple = encodeRow(columns, row);
    open.push(tuple);
    bytes += tuple.length;
    if (bytes < pieceBytes) continue;
    pieces.push(Buffer.concat(open));
    [open, bytes] = [[], 0];
  }
  return [...pieces, Buffer.concat([...open, trailer])];
}

function encodeRow(columns: readonly CopyColumn[], row: readonly unknown[]): Buffer {
  if (row.length !== columns.length) throw new Error("a row has another number of values than there are columns");
  const parts: Buffer[] = [int16(columns.length)];
  columns.forEach(({ type }, index) => {
    const value = row[index];
    if (value === null || value === undefined) parts.push(int32(-1));
    else {
      const bytes = encoders[type](value);
      parts.push(int32(bytes.length), bytes);
    }
  });
  return Buffer.concat(parts);
}

function uuid(value: unknown): Buffer {
  const bytes = Buffer.from(text(value).replaceAll("-", ""), "hex");
  if (bytes.length !== 16) throw new Error("a value to copy is not a UUID");
  return bytes;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Error("a value to copy is not a text");
  return value;
}

function textArray(value: unknown): Buffer {
  if (!Array.isArray(value)) throw new Error("a value to copy is not a list");
  if (value.length === 0) return Buffer.concat([int32(0), int32(0), int32(textOid)]);
  const items = value.flatMap((item) => {
    const bytes = Buffer.from(text(item));
    return [int32(bytes.length), bytes];
  });
  return Buffer.concat([int32(1), int32(0), int32(textOid), int32(value.length), int32(1), ...items]);
}

function halfvec(value: unknown): Buffer {
  if (!(value instanceof Float32Array)) throw new Error("a value to copy is not a vector");
  const bytes = Buffer.alloc(4 + 2 * value.length);
  bytes.writeUInt16BE(value.length, 0);
  const bits = new Uint32Array(value.buffer, value.byteOffset, value.length);
  for (let index = 0; index < bits.length; index++) {
    const half = toHalf(bits[index] ?? 0);
    bytes[4 + 2 * index] = half >>> 8;
    bytes[5 + 2 * index] = half & 0xff;
  }
  return bytes;
}

/** The nearest number of half precision, from the bits of one of single precision; of two that are as near, the even one. */
function toHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude >= 0x4780_0000) throw new Error("a vector holds a number that half precision has not");
  if (magnitude < 0x3300_0000) return sign;
  const exponent = magnitude >>> 23;
  // Below 2^-14 a half has no leading one of its own: the smaller the number, the fewer places are left.
  const dropped = exponent < 113 ? 126 - exponent : 13;
  const digits = exponent < 113 ? (magnitude & 0x7f_ffff) | 0x80_0000 : magnitude - 0x3800_0000;
  const kept = digits >>> dropped;
  const rest = digits & ((1 << dropped) - 1);
  const middle = 1 << (dropped - 1);
  return sign | (kept + (rest > middle || (rest === middle && kept & 1) ? 1 : 0));
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
