/**
 * The only ways into the data. `withWorkspace` for everything that belongs to a workspace, `withAccount` for sign-in and
 * sessions, `withEngine` for the relay and the sweepers. `askAccount` and `withAdmitted` are the same for reads that are made
 * so often that their round trips count.
 *
 * @module
 */
import type { Writable } from "node:stream";
import type { SQL } from "drizzle-orm";
import { PgDatabase, PgDialect } from "drizzle-orm/pg-core";
import { type PostgresJsQueryResultHKT, PostgresJsSession } from "drizzle-orm/postgres-js";
import type { PendingQuery, Sql } from "postgres";
import type { Database } from "./connect.ts";
import type { FastSelect } from "./fast-select.ts";

/** An open transaction. There is no `transaction` in it on purpose: a verb has one, and it was given to it. */
export interface Tx extends Omit<PgDatabase<PostgresJsQueryResultHKT, Record<string, never>>, "transaction"> {
  /**
   * Runs a statement whose text is the same every time. The connection keeps it prepared, with a plan that fits any values: for
   * the few that are asked so often that planning them counts. (`prepare=false` in the URL turns this off, for poolers that
   * cannot bear it.) Text that is ready costs no building anew.
   */
  executePrepared<Row extends object>(statement: SQL | Statement): Promise<Row[]>;
  /**
   * The same for a list whose columns and joins are written once; `rest` follows them, from `where` on. `last`: nothing else is
   * asked in this transaction, so that its end can travel along.
   */
  selectPrepared<Row>(select: FastSelect<Row>, rest: Statement, options?: { last?: boolean }): Promise<Row[]>;
  /** Begins a COPY … FROM STDIN, and gives the way in for its bytes. For `copy.ts`. */
  copyFrom(statement: string): Promise<Writable>;
}

/** A statement whose text holds `$1`, `$2`, … for its values, and nothing that a caller made up. Times come back as PostgreSQL writes them. */
export interface Statement {
  text: string;
  values: readonly (string | number | null)[];
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
  return inTransaction(database.auth, settingsOf(scope), fn);
}

/** The rows of one statement that only reads, asked as the role that keeps accounts and sessions: one round trip. */
export async function askAccount<Row extends object>(
  database: Pick<Database, "auth">,
  scope: AccountScope,
  statement: Statement,
): Promise<Row[]> {
  const connection = await database.auth.reserve();
  const begun = connection.unsafe(opening(settingsOf(scope), "begin read only")).execute();
  const asked = runPrepared<Row>(connection, statement);
  const [first, rows, ended] = await Promise.allSettled([begun, asked, connection.unsafe("commit")]);
  connection.release();
  if (first.status === "rejected") throw first.reason;
  if (rows.status === "rejected") throw rows.reason;
  assertCommitted(ended);
  return rows.value;
}

/** Who asks to be let into a workspace. */
export interface Admission {
  scope: AccountScope;
  /**
   * Asked as the role that keeps accounts: at most one row, whose column `workspaceId` is the workspace that the caller may enter,
   * or null. Its values come first, and it is part of a larger statement: no `;`.
   */
  statement: Statement;
}

/**
 * Lets a caller into a workspace and runs `fn` there, which may only read, in one round trip: the questions of `fn` are on their
 * way before the first answer is back. It is the database that opens the fence, by what `admission` finds: where it finds no
 * workspace, `fn` sees no row. What `fn` gave or threw comes out only when `admit` says yes to the row; else the result is null.
 */
export async function withAdmitted<Row extends { workspaceId: string | null }, Result>(
  database: Pick<Database, "app">,
  { scope, statement }: Admission,
  admit: (row: Row) => boolean,
  fn: (tx: Tx) => Promise<Result>,
): Promise<{ given: Result } | null> {
  const connection = await database.app.reserve();
  let ended: PendingQuery<Row[]> | null = null;
  const end = () => {
    ended ??= connection.unsafe<Row[]>("commit").execute();
    return ended;
  };
  const begun = connection.unsafe(opening({ role: "axon_auth", ...settingsOf(scope) }, "begin read only")).execute();
  const admitted = runPrepared<Row>(connection, { text: admitting(statement.text), values: statement.values });
  const given = (async () => fn(createTx(connection, () => void end().catch(() => {}))))();
  const [first, second, third] = await Promise.allSettled([begun, admitted, given]);
  // Of what travelled with its end we wait to hear that it was whole; otherwise nobody waits, for nothing was written.
  const [last] = ended === null ? [] : await Promise.allSettled([end()]);
  void Promise.allSettled([end()]).then(() => connection.release());
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  const [row] = second.value;
  if (row === undefined || row.workspaceId === null || !admit(row)) return null;
  if (third.status === "rejected") throw third.reason;
  if (last !== undefined) assertCommitted(last);
  return { given: third.value };
}

/**
 * A statement that failed and was sent again by the driver may have missed its transaction, and with it the fence: then the end
 * of that transaction says that it was rolled back.
 */
function assertCommitted(ended: PromiseSettledResult<{ command: string }>): void {
  if (ended.status === "rejected") throw ended.reason;
  if (ended.value.command !== "COMMIT") throw new Error("a transaction ended before everything in it was asked");
}

/**
 * The outer row is there whatever `statement` finds, and leaves the role and the scope behind with it. Row-level security is
 * decided by the role that a statement begins with, so what is asked here is asked as axon_auth and what comes after as axon_app.
 */
function admitting(statement: string): string {
  return `select found.*, set_config('app.workspace_id', coalesce(found."workspaceId"::text, ''), true) as entered,
    set_config('app.account_id', '', true) as left_account, set_config('app.api_key_hash', '', true) as left_key,
    set_config('role', 'axon_app', true) as acting_as
    from (values (1)) as caller left join lateral (${statement}) as found on true`;
}

function settingsOf(scope: AccountScope): Record<string, string> {
  return {
    "app.account_id": scope.accountId === undefined ? "" : uuid(scope.accountId),
    "app.api_key_hash": matching(scope.apiKeyHash, hashPattern),
    "app.invitation_hash": matching(scope.invitationHash, hashPattern),
    "app.public_key": matching(scope.publicKey, publicKeyPattern),
    "app.workspace_id": scope.workspaceId === undefined ? "" : uuid(scope.workspaceId),
  };
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
      const result = await fn(createTx(connection));
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

/** `end` ends the transaction behind what was said to be its last statement; without it, its owner does that in time. */
function createTx(connection: Sql, end: (() => void) | null = null): Tx {
  let over = false;
  const open = () => {
    if (over) throw new Error("something was asked after what was said to be the last");
    return connection;
  };
  // safe: all that drizzle's session does with its client, but for transactions of its own, which a Tx does not have
  const client = { unsafe: (...asked: Parameters<Sql["unsafe"]>) => open().unsafe(...asked) } as unknown as Sql;
  const session = new PostgresJsSession(client, dialect, undefined);
  const tx: Omit<Tx, "executePrepared" | "selectPrepared" | "copyFrom"> = new PgDatabase(dialect, session, undefined);
  return Object.assign(tx, {
    executePrepared: <Row extends object>(asked: SQL | Statement) => runPrepared<Row>(open(), "text" in asked ? asked : built(asked)),
    selectPrepared: async <Row>(select: FastSelect<Row>, { text, values }: Statement, { last = false } = {}) => {
      const asked = open()
        .unsafe(`${select.head} ${text}`, [...values], { prepare: true })
        .values()
        .execute();
      if (last && end !== null) {
        over = true;
        end();
      }
      return (await asked).map(select.toRow);
    },
    copyFrom: (statement: string) => connection.unsafe(statement).writable(),
  });
}

function built(statement: SQL): Statement {
  const { sql, params } = dialect.sqlToQuery(statement);
  return { text: sql, values: params as string[] }; // safe: drizzle has encoded the values
}

/** On its way when this returns: whoever asks first is answered first. */
function runPrepared<Row extends object>(connection: Sql, { text, values }: Statement): Promise<Row[]> {
  return connection.unsafe<Row[]>(text, [...values], { prepare: true }).execute();
}

/** Names are ours and values checked above, so that neither can carry SQL. */
function opening(settings: Record<string, string>, begin: "begin" | "begin read only" = "begin"): string {
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`);
  return calls.length === 0 ? begin : `${begin}; select ${calls.join(", ")}`;
}

function matching(value: string | undefined, pattern: RegExp): string {
  if (value !== undefined && !pattern.test(value)) throw new Error("what a caller presents must be checked before it scopes a transaction");
  return value ?? "";
}

function uuid(value: string): string {
  if (!uuidPattern.test(value)) throw new Error("a workspace or account id must be a UUID");
  return value;
}
