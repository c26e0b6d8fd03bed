/**
 * The place a subscriber has reached, as the id on the wire.
 *
 * `"<seq>"` says: every durable event up to `seq`, and no piece yet of a reply still being written there.
 * `"<seq>.<replyId>.<index>"` says: and that reply's pieces up to `index`. Every id given out while a reply is
 * open carries the long form once a piece has gone out, durable events too, so a cut anywhere repeats nothing.
 * Whether the place exists is the log's to say, not this file's.
 *
 * @module
 */

export interface Position {
  seq: number;
  reply: { id: string; index: number } | null;
}

/** Longest id we read: 16 digits, a uuid, 6 digits and two dots. */
const positionCharsMax = 60;
const number = "0|[1-9]\\d{0,15}";
const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const shape = new RegExp(`^(${number})(?:\\.(${uuid})\\.(0|[1-9]\\d{0,5}))?$`);
const seqShape = new RegExp(`^(?:${number})$`);

/** Reads an id that a subscriber hands back. Null for anything `formatPosition` would not have written. */
export function parsePosition(text: string): Position | null {
  if (text.length > positionCharsMax) return null;
  const [, seqText, replyId, indexText] = shape.exec(text) ?? [];
  const seq = seqText === undefined ? null : parseSeq(seqText);
  if (seq === null) return null;
  return { seq, reply: replyId !== undefined && indexText !== undefined ? { id: replyId, index: Number(indexText) } : null };
}

/** Writes a place as an id: what `parsePosition` reads back. */
export function formatPosition(position: Position): string {
  const { seq, reply } = position;
  return reply ? `${seq}.${reply.id}.${reply.index}` : String(seq);
}

/** Reads the id of a workspace stream: the number alone. Null for anything else. */
export function parseSeq(text: string): number | null {
  if (text.length > positionCharsMax || !seqShape.test(text)) return null;
  const seq = Number(text);
  return Number.isSafeInteger(seq) ? seq : null;
}
