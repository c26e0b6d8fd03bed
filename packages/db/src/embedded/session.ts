/**
 * The one backend session of the engine: takes wire messages in, gives the reply sorted.
 *
 * Knows the engine and its replies, and nothing of clients or whose turn it is. Callers must not overlap their calls.
 *
 * @module
 */
import type { PGlite } from "@electric-sql/pglite";
import { limits } from "./limits.ts";
import { type Profile, sameProfile, transitionMessage } from "./profile.ts";
import { backend, eachMessage, joined, queryMessage, readError, readRow, type SessionStatus, syncMessage } from "./wire.ts";

/** The engine stopped answering as PostgreSQL would; nothing more can be asked of it. */
export class EngineBrokenError extends Error {
  readonly code = "engine_broken";
  override readonly name = "EngineBrokenError";
}

/** A statement of the front's own was refused. */
export class EngineRefusal extends Error {
  override readonly name = "EngineRefusal";
  /** An SQLSTATE. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Reply {
  /** For the client, as it is. Null when the reply was too large to be kept. */
  bytes: Buffer | null;
  /** A SET, RESET or DISCARD went through. */
  changedSettings: boolean;
  /** A ReadyForQuery ended it; the turn may pass when the status is idle. */
  ready: boolean;
}

export class EngineSession {
  readonly #engine: PGlite;
  #profile: Profile | null = null;
  status: SessionStatus = "idle";
  /** Rises when every prepared statement was forgotten at once. */
  generation = 0;
  /** Whole NotificationResponse messages, from any reply, until somebody takes them. */
  heard: Buffer[] = [];
  /** Whose unnamed statement the engine holds; any value that tells clients apart. */
  unnamedOwner: unknown = null;

  constructor(engine: PGlite) {
    this.#engine = engine;
  }

  /** Runs one batch. `ready` says whether a ReadyForQuery must, may or must not end the reply. Throws EngineBrokenError. */
  async run(bytes: Buffer, ready: "due" | "possible" | "early"): Promise<Reply> {
    const chunks: Buffer[] = [];
    let size = 0;
    const onRawData = (chunk: Uint8Array) => {
      size += chunk.length;
      if (size <= limits.replyBytesMax) chunks.push(Buffer.from(chunk)); // A copy: the engine's memory moves on.
    };
    try {
      await this.#engine.execProtocolRawStream(bytes, { syncToFs: false, onRawData });
    } catch (error) {
      throw new EngineBrokenError("the embedded engine stopped", { cause: error });
    }
    if (size > limits.replyBytesMax) {
      this.status = this.#engine.isInTransaction() ? "transaction" : "idle";
      return { bytes: null, changedSettings: true, ready: ready === "due" };
    }
    const reply = this.#sort(joined(chunks), ready !== "early");
    if (ready === "due" && !reply.ready) throw new EngineBrokenError("the embedded engine did not finish its answer");
    return reply;
  }

  /** Runs SQL of the front's own and gives the rows as text. Throws EngineRefusal when PostgreSQL says no. */
  async query(sql: string): Promise<(string | null)[][]> {
    return this.#ask(queryMessage(sql), sql);
  }

  /** Prepares again what another client's statements pushed out. What fails here fails again in the batch, where it is told. */
  async prepareAgain(parses: Buffer[]): Promise<void> {
    for (const parse of parses) await this.run(Buffer.concat([parse, syncMessage()]), "due");
  }

  /** Runs extended-protocol messages and a Sync, and forgets the answer. */
  async runQuietly(messages: Buffer): Promise<void> {
    await this.run(Buffer.concat([messages, syncMessage()]), "due");
  }

  /** Puts on the profile unless it is on. Throws EngineRefusal, e.g. when the role does not exist. */
  async become(profile: Profile): Promise<void> {
    if (sameProfile(this.#profile, profile)) return;
    const transition = transitionMessage(this.#profile, profile);
    this.#profile = null;
    await this.#ask(transition, "profile");
    this.#profile = profile;
  }

  /** Says that the session's settings are no longer those of the last profile. */
  forgetProfile(): void {
    this.#profile = null;
  }

  async #ask(bytes: Buffer, what: string): Promise<(string | null)[][]> {
    const reply = await this.run(bytes, "due");
    if (reply.bytes === null) throw new EngineBrokenError(`the answer to ${what} was too large`);
    this.unnamedOwner = null;
    const rows: (string | null)[][] = [];
    const answer = reply.bytes;
    eachMessage(answer, (type, start) => {
      if (type === backend.dataRow) rows.push(readRow(answer, start));
      if (type !== backend.error) return;
      const { code, message } = readError(answer, start);
      throw new EngineRefusal(code, message);
    });
    return rows;
  }

  /** One pass over the reply: takes out what is not for the client alone, and reads what the front must know. */
  #sort(bytes: Buffer, mayEnd: boolean): Reply {
    const reply: Reply = { bytes, changedSettings: false, ready: false };
    const pieces: Buffer[] = [];
    let kept = 0;
    const cut = (start: number, end: number) => {
      if (start > kept) pieces.push(bytes.subarray(kept, start));
      kept = end;
    };
    eachMessage(bytes, (type, start, end) => {
      if (type === backend.commandComplete) this.#readTag(bytes, start + 5, reply);
      else if (type === backend.notification) {
        this.heard.push(Buffer.from(bytes.subarray(start, end)));
        cut(start, end);
      } else if (type === backend.readyForQuery) {
        const letter = bytes[start + 5];
        this.status = letter === 0x49 ? "idle" : letter === 0x54 ? "transaction" : "failed";
        // Only the last one counts: an early one would shift every later answer of this client by one.
        if (end < bytes.length && !onlyNotifications(bytes, end)) cut(start, end);
        else if (!mayEnd) cut(start, end);
        else reply.ready = true;
      }
    });
    if (kept > 0) {
      if (kept < bytes.length) pieces.push(bytes.subarray(kept));
      reply.bytes = joined(pieces);
    }
    return reply;
  }

  #readTag(bytes: Buffer, at: number, reply: Reply): void {
    const first = bytes[at];
    if (first === 0x53 && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x54) reply.changedSettings = true; // SET, not SELECT.
    if (first === 0x52 && bytes[at + 3] === 0x45) reply.changedSettings = true; // RESET, not RELEASE or ROLLBACK.
    if (first !== 0x44) return;
    const tag = bytes.toString("latin1", at, at + 14);
    if (tag.startsWith("DISCARD")) reply.changedSettings = true;
    if (tag.startsWith("DISCARD ALL") || tag.startsWith("DEALLOCATE ALL")) this.generation++;
  }
}

function onlyNotifications(bytes: Buffer, from: number): boolean {
  let only = true;
  eachMessage(bytes.subarray(from), (type) => {
    only &&= type === backend.notification;
  });
  return only;
}
