/**
 * Prepared statements of one client, kept apart from those of the others.
 *
 * The engine has one table of names for all, so each client's names are written anew on the way in. A statement that got
 * lost meanwhile (another client's DEALLOCATE ALL; the one unnamed statement taken by another) is prepared again before use.
 *
 * @module
 */
import { type Effects, effectsOf, mergeEffects, noEffects } from "./effects.ts";
import { ProtocolError } from "./inbox.ts";
import { limits } from "./limits.ts";
import { closeStatementMessage, eachMessage, frontend, joined, message, readText } from "./wire.ts";

interface Statement {
  wireName: string;
  /** The Parse message as the engine got it. */
  parse: Buffer;
  effects: Effects;
  /** The engine's generation of names in which it was prepared. */
  generation: number;
}

/** A batch as the engine shall get it. */
export interface Prepared {
  bytes: Buffer;
  effects: Effects;
  /** Parse messages to run first when the client begins a turn. */
  lost: Buffer[];
  /** The batch leaves its own unnamed statement behind. */
  parsesUnnamed: boolean;
  /** Type of the last message. */
  endsWith: number;
}

const statementKind = 0x53; // S, against P for a portal.

export class Statements {
  readonly #prefix: string;
  readonly #named = new Map<string, Statement>();
  #unnamed: Statement | null = null;
  #serial = 0;

  /** `clientId` must differ from that of every other client of the engine. */
  constructor(clientId: number) {
    this.#prefix = `axon_${clientId}_`;
  }

  /**
   * Reads a batch and gives it its engine names. `generation` rises when the engine forgot all names; `ownsUnnamed` tells
   * whether the engine's unnamed statement is still this client's.
   */
  prepare(batch: Buffer, generation: number, ownsUnnamed: boolean): Prepared {
    const parts: Buffer[] = [];
    const lost: Buffer[] = [];
    let kept = 0;
    let effects = noEffects;
    let parsesUnnamed = false;
    let endsWith = 0;
    const replace = (start: number, end: number, by: Buffer) => {
      if (start > kept) parts.push(batch.subarray(kept, start));
      parts.push(by);
      kept = end;
    };
    const use = (name: string): string => {
      const statement = name === "" ? this.#unnamed : this.#named.get(name);
      if (!statement) return name === "" ? "" : `${this.#prefix}unknown`;
      const isLost = name === "" ? !ownsUnnamed && !parsesUnnamed : statement.generation !== generation;
      if (isLost && !lost.includes(statement.parse)) lost.push(statement.parse);
      statement.generation = generation;
      effects = mergeEffects(effects, statement.effects);
      return statement.wireName;
    };
    eachMessage(batch, (type, start, end) => {
      endsWith = type;
      if (type === frontend.query) {
        effects = mergeEffects(effects, effectsOf(batch.toString("utf8", start + 5, end - 1)));
        this.#unnamed = null; // As PostgreSQL does: a simple query drops the unnamed statement.
      } else if (type === frontend.parse) {
        const { statement, renamed } = this.#parse(batch.subarray(start, end), generation);
        if (statement.wireName === "") parsesUnnamed = true;
        if (renamed) replace(start, end, renamed);
        effects = mergeEffects(effects, statement.effects);
      } else if (type === frontend.bind) {
        const portal = readText(batch, start + 5);
        const name = readText(batch, portal.next);
        const wireName = use(name.text);
        if (wireName !== name.text) replace(start, end, message("B", portal.text, wireName, batch.subarray(name.next, end)));
      } else if ((type === frontend.describe || type === frontend.close) && batch[start + 5] === statementKind) {
        const name = readText(batch, start + 6).text;
        const wireName = type === frontend.close ? this.#forget(name) : use(name);
        if (wireName !== name) replace(start, end, message(type === frontend.close ? "C" : "D", Buffer.from("S"), wireName));
      }
    });
    if (kept > 0 && kept < batch.length) parts.push(batch.subarray(kept));
    return { bytes: kept > 0 ? joined(parts) : batch, effects, lost, parsesUnnamed, endsWith };
  }

  /** What takes this client's statements out of the engine; null when there are none. */
  closeAll(generation: number): Buffer | null {
    const closes = [...this.#named.values()]
      .filter((one) => one.generation === generation)
      .map((one) => closeStatementMessage(one.wireName));
    this.#named.clear();
    return closes.length > 0 ? joined(closes) : null;
  }

  #parse(bytes: Buffer, generation: number): { statement: Statement; renamed: Buffer | null } {
    const name = readText(bytes, 5);
    const effects = effectsOf(readText(bytes, name.next).text);
    if (name.text === "") {
      this.#unnamed = { wireName: "", parse: bytes, effects, generation };
      return { statement: this.#unnamed, renamed: null };
    }
    const wireName = this.#named.get(name.text)?.wireName ?? `${this.#prefix}${++this.#serial}`;
    const renamed = message("P", wireName, bytes.subarray(name.next));
    const statement = { wireName, parse: renamed, effects, generation };
    this.#named.set(name.text, statement);
    if (this.#named.size > limits.statementsMax) {
      throw new ProtocolError(`the embedded engine keeps at most ${limits.statementsMax} prepared statements per client`);
    }
    return { statement, renamed };
  }

  #forget(name: string): string {
    if (name === "") this.#unnamed = null;
    const wireName = this.#named.get(name)?.wireName ?? (name === "" ? "" : `${this.#prefix}unknown`);
    this.#named.delete(name);
    return wireName;
  }
}
