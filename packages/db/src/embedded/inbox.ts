/**
 * Cuts the bytes of one client into batches: everything up to a message that asks for an answer.
 *
 * Knows message lengths and types, not their meaning. A batch is what the engine gets in one piece, so that no other
 * client's message can come between a Parse and its Execute.
 *
 * @module
 */
import { limits } from "./limits.ts";
import { frontend, joined } from "./wire.ts";

/** The client broke the protocol or a limit; the connection cannot go on. */
export class ProtocolError extends Error {
  readonly code = "08P01";
  override readonly name = "ProtocolError";
}

/** Any other type would end the engine itself: it takes it as proof that the stream is out of step. */
const known: ReadonlySet<number> = new Set(Object.values(frontend));
const ends: ReadonlySet<number> = new Set([
  frontend.query,
  frontend.sync,
  frontend.flush,
  frontend.functionCall,
  frontend.copyDone,
  frontend.copyFail,
  frontend.terminate,
]);
const headBytes = 5;

export class Inbox {
  /** Whole messages of the batch under way. */
  #whole: Buffer[] = [];
  #wholeBytes = 0;
  /** What follows them: the beginning of a message. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** No use to look before this many bytes are here. */
  #needBytes = headBytes;

  push(bytes: Buffer): void {
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
  }

  /** The next whole batch, or null until more bytes come. Throws ProtocolError. */
  next(): Buffer | null {
    if (this.#restBytes < this.#needBytes) return null;
    const bytes = joined(this.#rest);
    let at = 0;
    while (at + headBytes <= bytes.length) {
      const type = bytes[at] ?? 0;
      const size = bytes.readInt32BE(at + 1);
      if (!known.has(type) || size < 4) throw new ProtocolError(`invalid frontend message type ${type}`);
      if (this.#wholeBytes + at + size > limits.batchBytesMax) {
        throw new ProtocolError(`the embedded engine takes at most ${limits.batchBytesMax} bytes at once`);
      }
      const end = at + 1 + size;
      if (end > bytes.length) return this.#wait(bytes, at, end - at);
      at = end;
      if (ends.has(type)) return this.#finish(bytes, at);
    }
    return this.#wait(bytes, at, headBytes);
  }

  #finish(bytes: Buffer, at: number): Buffer {
    const batch = joined([...this.#whole, bytes.subarray(0, at)]);
    this.#whole = [];
    this.#wholeBytes = 0;
    this.#keep(bytes.subarray(at), headBytes);
    return batch;
  }

  #wait(bytes: Buffer, at: number, needBytes: number): null {
    if (at > 0) {
      this.#whole.push(bytes.subarray(0, at));
      this.#wholeBytes += at;
    }
    this.#keep(bytes.subarray(at), needBytes);
    return null;
  }

  #keep(rest: Buffer, needBytes: number): void {
    this.#rest = rest.length > 0 ? [rest] : [];
    this.#restBytes = rest.length;
    this.#needBytes = needBytes;
  }
}
