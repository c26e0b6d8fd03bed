/**
 * Opaque keyset cursors: where a page ended, as values of its sort key.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import { Refusal } from "../errors.ts";

/** Packs the last row's sort key. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** Unpacks a cursor whose parts must pass `check`; refuses one that is not ours with `validation`. */
export function decodeCursor<Key extends readonly (string | number)[]>(
  cursor: string | undefined,
  check: (value: unknown) => value is Key,
): Key | null {
  if (cursor === undefined) return null;
  let value: unknown = null;
  try {
    value = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    // Falls through to the same refusal as a cursor of another list.
  }
  if (!check(value))
    throw new Refusal("validation", "The cursor is not one that this list gave", { fields: { cursor: "is not one that this list gave" } });
  return value;
}

/** Cuts rows that were read with `limit + 1` into a page; `keyOf` gives the sort key of a row. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  keyOf: (row: Row) => readonly (string | number)[],
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(toItem), nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

/** The page of a list that is ordered by its ids and shown as it was read. */
export function pageById<Row extends { id: string }>(rows: readonly Row[], limit: number): Page<Row> {
  return toPage(
    rows,
    limit,
    (row) => row,
    ({ id }) => [id],
  );
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isIdKey(value: unknown): value is readonly [string] {
  return Array.isArray(value) && value.length === 1 && typeof value[0] === "string" && uuidPattern.test(value[0]);
}

/** A number that PostgreSQL's `integer` can hold. */
export function isSeqKey(value: unknown): value is readonly [number] {
  return Array.isArray(value) && value.length === 1 && Number.isInteger(value[0]) && value[0] >= 0 && value[0] < 2 ** 31;
}

/** A moment and an id, for lists ordered by time. */
export function isTimeIdKey(value: unknown): value is readonly [string, string] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    typeof value[0] === "string" &&
    isMoment(value[0]) &&
    typeof value[1] === "string" &&
    uuidPattern.test(value[1])
  );
}

/** Exactly as our own columns write it: other spellings, and days that there are not, are an error to PostgreSQL. */
function isMoment(text: string): boolean {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString() === text && text > "0001";
}
