/**
 * A database whose transactions have gates: before they begin, before their commit and after it, and where it is wanted before
 * each statement. The database's clock is the simulation's.
 *
 * It stands below everything that is tested: what goes through it is what production sends.
 *
 * @module
 */
import type { Database } from "@axon/db/connect";
import type { Sql } from "postgres";
import type { Actor, Line, Stage } from "./stage.ts";

export interface GatedOptions {
  stage: Stage;
  /** Who uses it. */
  actor: Actor;
  /** What `now()` is in transactions that begin now, as ISO 8601. */
  now(): string;
  /** True: each statement is a place at which another may come in between. */
  everyStatement(): boolean;
}

/** The same database for the code under test; close the one it was made from. */
export function gatedDatabase(database: Database, options: GatedOptions): Database {
  return { ...database, app: gatedPool(database.app, options), engine: gatedPool(database.engine, options) };
}

function gatedPool(pool: Sql, options: GatedOptions): Sql {
  return new Proxy(pool, {
    get: (target, key) => (key === "reserve" ? () => reserve(target, options) : Reflect.get(target, key)),
  });
}

async function reserve(pool: Sql, options: GatedOptions): Promise<Sql & { release(): void }> {
  const { stage, actor } = options;
  await stage.gate(actor, "begin", { begins: true });
  const { line, ended, close } = stage.openLine(actor);
  line.inflight += 1;
  const connection = await pool.reserve().catch((error: unknown) => {
    close();
    throw error;
  });
  line.inflight -= 1;
  const send = sender(connection, { line, ended }, options);
  return new Proxy(connection, {
    get(target, key) {
      if (key === "unsafe") return send;
      if (key !== "release") return Reflect.get(target, key);
      return () => {
        close();
        target.release();
      };
    },
  });
}

const writes = /\b(insert|update|delete)\b/i;

function sender(connection: Sql, { line, ended }: { line: Line; ended(): void }, { stage, actor, now, everyStatement }: GatedOptions) {
  let wrote = false;
  let committed = false;
  let statements = 0;

  async function tracked<Result>(text: string, query: PromiseLike<Result>): Promise<Result> {
    line.inflight += 1;
    line.newest = text;
    stage.moved();
    try {
      return await query;
    } finally {
      line.inflight -= 1;
      stage.moved();
    }
  }

  async function commit() {
    await stage.gate(actor, "commit");
    const done = await tracked("commit", connection.unsafe("commit"));
    committed = true;
    ended();
    if (wrote) stage.commits += 1;
    await stage.gate(actor, "committed");
    return done;
  }

  return (text: string, ...rest: [never, never]) => {
    // After a commit there is nothing to let fall, and where the engine is another's by now it would wait for that.
    if (committed && /^\s*rollback\b/i.test(text)) return new Asked(async () => null);
    const begins = /^\s*begin\b/i.test(text);
    if (begins || /^\s*rollback\b/i.test(text))
      return new Asked(() => tracked(text, connection.unsafe(begins ? atOurTime(text, now()) : text)));
    if (/^\s*commit\s*;?\s*$/i.test(text)) return new Asked(commit);
    statements += 1;
    const name = `statement ${statements}`;
    wrote ||= writes.test(text);
    return new Asked(async (asValues) => {
      if (everyStatement()) await stage.gate(actor, name);
      const query = connection.unsafe(text, ...rest);
      return tracked(text, asValues ? query.values() : query);
    });
  };
}

/** Unqualified `now()` means ours in this transaction, and ours says what the simulation's clock shows as it begins. */
function atOurTime(begin: string, now: string): string {
  return `${begin}; select set_config('search_path', 'chaos, pg_catalog, public', true), set_config('axon_chaos.now', '${now}', true)`;
}

/** A query as its callers know it: sent once it is waited for. */
class Asked<Result> implements PromiseLike<Result> {
  readonly #send: (asValues: boolean) => Promise<Result>;
  #asValues = false;
  #sent: Promise<Result> | null = null;

  constructor(send: (asValues: boolean) => Promise<Result>) {
    this.#send = send;
  }

  values(): this {
    this.#asValues = true;
    return this;
  }

  execute(): this {
    this.#start().catch(() => {}); // Whoever waits for it is told.
    return this;
  }

  // biome-ignore lint/suspicious/noThenProperty: a query is waited for as it is.
  then<Value = Result, Failure = never>(
    done?: ((result: Result) => Value | PromiseLike<Value>) | null,
    failed?: ((error: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    return this.#start().then(done, failed);
  }

  catch<Failure>(failed: (error: unknown) => Failure | PromiseLike<Failure>): Promise<Result | Failure> {
    return this.#start().catch(failed);
  }

  finally(done: () => void): Promise<Result> {
    return this.#start().finally(done);
  }

  #start(): Promise<Result> {
    this.#sent ??= this.#send(this.#asValues);
    return this.#sent;
  }
}
