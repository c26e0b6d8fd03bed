/**
 * The short-lived home of a reply's pieces while it is being written, so that a reader who comes back mid-reply gets the rest.
 *
 * Pieces are numbered from 0 without holes. When the reply is stored, the stored message is the truth and this may be gone.
 *
 * @module
 */

/** Which reply. All three ids are in the key, so a reply id from another workspace finds nothing. */
export interface ReplyRef {
  workspaceId: string;
  conversationId: string;
  replyId: string;
}

export interface DeltaBuffer {
  /**
   * Adds the pieces numbered `from`, `from + 1`, … and answers the number it wants next. What it already has it ignores,
   * so a repeated append changes nothing; beyond a hole it takes nothing and answers a number below `from`: begin again there.
   * A full buffer answers `from` unchanged.
   */
  append(reply: ReplyRef, from: number, texts: readonly string[]): Promise<number>;
  /** The pieces from number `from` on, in order, without holes; empty when there are none or they are gone. */
  read(reply: ReplyRef, from: number): Promise<readonly string[]>;
}

/** How long after its last piece a reply is kept. */
export const deltasKeptMs = 10 * 60_000;
/** Pieces in one reply. */
export const piecesMax = 4_096;
/** Characters in one piece; the writer cuts longer ones. */
export const pieceCharsMax = 4_096;
/** Characters of one reply that are streamed. A longer one arrives whole, with `reply.completed`. */
export const replyCharsMax = 256_000;
