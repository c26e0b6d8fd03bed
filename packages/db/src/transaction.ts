/**
 * The only ways into the data. `withWorkspace` for everything that belongs to a workspace, `withAccount` for sign-in and
 * sessions, `withEngine` for the relay and the sweepers.
 *
 * @module
 */
import type { Writable } from "node:stream";
import type { SQL } from "drizzle-orm";
import { PgDatabase, PgDialect } from "drizzle-orm/pg-core";
import { type PostgresJsQueryResultHKT, PostgresJsSession } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
import type { Database } from "./connect.ts";

/** An open transaction. There is no `transaction` in it on purpose: a verb has one, and it was given to it. */
export interface Tx extends Omit<PgDatabase<PostgresJsQueryResultHKT, Record<string, never>>, "transaction"> {
  /**
   * Runs a statement whose text is the same every time. The connection keeps it prepared, with a plan that fits any values: for
   * the few that are asked so often that planning them counts. (`prepare=false` in the URL turns this off, for poolers that
   * cannot bear it.)
   */
  executePrepared<Row extends object>(statement: SQL): Promise<Row[]>;
  /** Begins a COPY … FROM STDIN, and gives the way in for its bytes. For `copy.ts`. */
  copyFrom(statement: string): Promise<Writable>;
}

const dialect = new PgDialect({ casing: "snake_case" });
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const hashPattern = /^[0-9a-f]{64}$/;
const publicKeyPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** Runs `fn` in a transaction that sees and writes rows of this workspace only. */
export function withWorkspace<Result>(
  database: Pick<Database, "app">,
  workspaceId: string,
  fn: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  return inTransaction(database.app, { "app.workspace_id": uuid(workspaceId) }, fn);
}

/** What a caller has shown of itself so far; each opens exactly the rows that belong to it. */
export interface AccountScope {
  accountId?: string;
  /** Lower-case hex SHA-256 of the presented API key. */
  apiKeyHash?: string;
  /** The workspace that is being founded. */
  workspaceId?: string;
  /** Lower-case hex SHA-256 of the presented invitation's token. */
  invitationHash?: string;
  /** What a web page presented to be let in as a visitor: letters, digits, `_` and `-`. */
  publicKey?: string;
}

/** Runs `fn` as the role that keeps accounts and sessions. */
export function withAccount<Result>(
  database: Pick<Database, "auth">,
  scope: AccountScope,
  fn: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const settings = {
    "app.account_id": scope.accountId === undefined ? "" : uuid(scope.accountId),
    "app.api_key_hash": matching(scope.apiKeyHash, hashPattern),
    "app.invitation_hash": matching(scope.invitationHash, hashPattern),
    "app.public_key": matching(scope.publicKey, publicKeyPattern),
    "app.workspace_id": scope.workspaceId === undefined ? "" : uuid(scope.workspaceId),
  };
  return inTransaction(database.auth, settings, fn);
}

/** Runs `fn` as the role that sees where work waits in every workspace, but not what it says. */
export function withEngine<Result>(database: Pick<Database, "engine">, fn: (tx: Tx) => Promise<Result>): Promise<Result> {
  return inTransaction(database.engine, {}, fn);
}

async function inTransaction<Result>(pool: Sql, settings: Record<string, string>, fn: (tx: Tx) => Promise<Result>): Promise<Result> {
  const connection = await pool.reserve();
  try {
    // BEGIN and the settings travel in one message and are not waited for: the first query of `fn` follows on their heels.
    const begun = connection.unsafe(opening(settings)).execute();
    begun.catch(() => {}); // Looked at below; without this a failure here would be reported as unhandled first.
    try {
      const session = new PostgresJsSession(connection, dialect, undefined);
      const tx: Omit<Tx, "executePrepared" | "copyFrom"> = new PgDatabase(dialect, session, undefined);
      const result = await fn(
        Object.assign(tx, {
          executePrepared: <Row extends object>(asked: SQL) => runPrepared<Row>(connection, asked),
          copyFrom: (statement: string) => connection.unsafe(statement).writable(),
        }),
      );
      await begun;
      await connection.unsafe("commit");
      return result;
    } catch (error) {
      await connection.unsafe("rollback").catch(() => {}); // A connection that broke has rolled back already.
      await begun; // Had it failed, that is the cause, and what `fn` saw only its echo.
      throw error;
    }
  } finally {
    connection.release();
  }
}

async function runPrepared<Row extends object>(connection: Sql, statement: SQL): Promise<Row[]> {
  const { sql, params } = dialect.sqlToQuery(statement);
  // safe: drizzle has encoded the values, and the statement's author names the row's type as with `tx.execute`.
  return connection.unsafe<Row[]>(sql, params as string[], { prepare: true });
}

/** Names are ours and values checked above, so that neither can carry SQL. */
function opening(settings: Record<string, string>): string {
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`);
  return calls.length === 0 ? "begin" : `begin; select ${calls.join(", ")}`;
}

function matching(value: string | undefined, pattern: RegExp): string {
  if (value !== undefined && !pattern.test(value)) throw new Error("what a caller presents must be checked before it scopes a transaction");
  return value ?? "";
}

function uuid(value: string): string {
  if (!uuidPattern.test(value)) throw new Error("a workspace or account id must be a UUID");
  return value;
}
