/**
 * The PostgreSQL server that clients see, over the engine's one session.
 *
 * Each client's turn begins with its own user, role and settings on, and ends when no transaction is open. Shared by all,
 * and not hidden: temporary tables, session advisory locks, and PREPARE written as SQL.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "./client.ts";
import { mergeEffects, noEffects } from "./effects.ts";
import { ProtocolError } from "./inbox.ts";
import { limits } from "./limits.ts";
import { Listeners } from "./listeners.ts";
import { ownerProfile, profileAfter, readProfileSql } from "./profile.ts";
import { EngineRefusal, type EngineSession } from "./session.ts";
import type { Prepared } from "./statements.ts";
import { Turns } from "./turns.ts";
import * as wire from "./wire.ts";

const { frontend } = wire;

/** What PostgreSQL reports at startup, and clients read. */
const reported = [
  "server_version",
  "server_encoding",
  "client_encoding",
  "DateStyle",
  "IntervalStyle",
  "TimeZone",
  "integer_datetimes",
  "standard_conforming_strings",
  "is_superuser",
  "search_path",
];
const reportedSql = `select session_user, ${reported.map((name) => `pg_catalog.current_setting('${name}')`).join(", ")}`;

/** How long clients get to read why they are cut off. */
const farewellMs = 250;

export class Front {
  readonly #session: EngineSession;
  readonly #password: string;
  readonly #turns: Turns<Client>;
  readonly #clients = new Set<Client>();
  readonly #listeners = new Listeners<Client>();
  #lastId = 0;
  #closing = false;

  /**
   * With an empty password everyone who reaches the socket is let in. `onBroken` is told once, when the engine itself gave
   * up: every connection is cut then and nothing further works.
   */
  constructor(session: EngineSession, password: string, onBroken: (error: unknown) => void) {
    this.#session = session;
    this.#password = password;
    this.#turns = new Turns<Client>({
      serve: (client) => this.#serve(client),
      abandon: (client) => this.#abandon(client),
      tooLong: (client) =>
        client.refuse("25P03", "terminating connection: an idle transaction kept the embedded engine from everyone else"),
      broken: (error) => {
        for (const client of this.#clients) client.refuse("57P02", "terminating connection because the embedded engine stopped");
        onBroken(error);
      },
    });
  }

  /** Takes over a connection that was just made. */
  accept(socket: Socket): void {
    const client = new Client(++this.#lastId, socket, this.#password, {
      welcome: (one) => void this.#turns.alone(() => this.#welcome(one)).catch(() => one.drop()),
      wake: (one) => this.#turns.ask(one),
      gone: (one) => {
        if (!this.#turns.leave(one)) this.#turns.alone(() => this.#forget(one)).catch(() => this.#clients.delete(one));
      },
    });
    this.#clients.add(client);
    if (this.#closing) client.refuse("57P03", "the database system is shutting down");
    else if (this.#clients.size > limits.clientsMax) client.refuse("53300", "sorry, too many clients already");
  }

  /** Runs `work` on the session as its owner, with no client's transaction open. Rejects when the front is closed. */
  alone<Result>(work: (session: EngineSession) => Promise<Result>): Promise<Result> {
    return this.#turns.alone(async () => {
      await this.#session.become(ownerProfile);
      return work(this.#session);
    });
  }

  /** Ends every connection; open transactions are rolled back. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const client of this.#clients) client.refuse("57P01", "terminating connection due to administrator command");
    const deadline = performance.now() + farewellMs;
    while (this.#clients.size > 0 && performance.now() < deadline) await pause(5);
    for (const client of this.#clients) client.drop();
    await this.#turns.alone(async () => {}).catch(() => {}); // Behind whatever still has to be rolled back.
    this.#turns.stop();
  }

  async #welcome(client: Client): Promise<void> {
    if (client.isGone) return;
    try {
      await this.#session.become(client.profile);
      const [[user, ...values] = []] = await this.#session.query(reportedSql);
      const parameters = reported.map((name, index) => wire.parameterStatus(name, values[index] ?? ""));
      client.send(
        Buffer.concat([
          wire.authenticationOk(),
          ...parameters,
          wire.parameterStatus("session_authorization", user ?? ""),
          wire.backendKeyData(client.id, randomInt(2 ** 31)),
          wire.readyForQuery(),
        ]),
      );
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      client.refuse(error.code, error.message);
    }
  }

  /** Runs one batch; true when an open transaction, or an answer that was only flushed, keeps the turn. */
  async #serve(client: Client): Promise<boolean> {
    const batch = client.takeBatch();
    if (batch === null) return client.holds;
    try {
      await this.#run(client, batch);
    } catch (error) {
      if (error instanceof EngineRefusal || error instanceof ProtocolError) client.refuse(error.code, error.message);
      else if (error instanceof RangeError) client.refuse("08P01", "invalid message format");
      else throw error;
    }
    return client.holds;
  }

  async #run(client: Client, batch: Buffer): Promise<void> {
    const session = this.#session;
    const isCopyData = batch[0] === frontend.copyData || batch[0] === frontend.copyDone || batch[0] === frontend.copyFail;
    if (client.copy === null && isCopyData) return; // Still on its way when its COPY had failed.
    if (client.copy !== null && !isCopyData) throw new ProtocolError("unexpected message type during COPY from stdin");
    if (!client.holds) await session.become(client.profile);
    if (client.copy !== null) {
      const whole = Buffer.concat([client.copy, batch]);
      client.copy = null;
      return this.#answer(client, whole, frontend.query, true);
    }
    const prepared = client.statements.prepare(batch, session.generation, session.unnamedOwner === client);
    client.effects = mergeEffects(client.effects, prepared.effects);
    if (prepared.effects.copiesIn === "alone" && batch[0] === frontend.query && session.status !== "failed") {
      client.copy = batch;
      client.send(wire.copyInResponse());
      return;
    }
    if (!client.holds && prepared.lost.length > 0) await session.prepareAgain(prepared.lost);
    const bytes = prepared.effects.copiesIn === "no" ? prepared.bytes : withoutCopyData(prepared);
    if (prepared.parsesUnnamed) session.unnamedOwner = client;
    if (prepared.endsWith === frontend.query) session.unnamedOwner = null;
    await this.#answer(client, bytes, prepared.endsWith, false);
  }

  async #answer(client: Client, bytes: Buffer, endsWith: number, isCopy: boolean): Promise<void> {
    const session = this.#session;
    // A Query after a failed, only flushed batch is skipped unanswered, as the protocol wants; a Sync never is.
    const ready =
      endsWith === frontend.sync ? "due" : endsWith === frontend.query || endsWith === frontend.functionCall ? "possible" : "early";
    const reply = await session.run(bytes, ready);
    client.holds = !reply.ready || session.status !== "idle";
    client.changedSettings ||= reply.changedSettings;
    if (reply.bytes === null)
      client.refuse("54000", `a reply of more than ${limits.replyBytesMax} bytes is too large for the embedded engine`);
    else client.send(isCopy ? withoutInvitation(reply.bytes) : reply.bytes);
    if (!client.holds) await this.#endTurn(client);
    this.#spread();
  }

  /** Takes note of what the turn changed for the client's next turns. */
  async #endTurn(client: Client): Promise<void> {
    const { effects, changedSettings } = client;
    client.effects = noEffects;
    client.changedSettings = false;
    if (effects.settings || (changedSettings && !effects.localSettings)) {
      try {
        const [row = []] = await this.#session.query(readProfileSql(client.profile, effects));
        client.profile = profileAfter(client.start, effects, row);
      } finally {
        this.#session.forgetProfile();
      }
    }
    if (effects.listens.length > 0) await this.#listeners.settle(this.#session, client, effects.listens);
  }

  #spread(): void {
    for (const notification of this.#session.heard.splice(0)) {
      for (const client of this.#listeners.of(notification)) client.notify(notification);
    }
  }

  async #abandon(client: Client): Promise<void> {
    // It may have left in the middle of an extended query: a Sync alone would commit that, or, after an error, a query alone be skipped.
    await this.#session.run(wire.queryMessage("rollback"), "possible");
    await this.#session.run(wire.syncMessage(), "due");
    if (this.#session.status !== "idle") await this.#session.query("rollback");
    this.#session.forgetProfile();
    this.#spread();
    await this.#forget(client);
  }

  async #forget(client: Client): Promise<void> {
    this.#clients.delete(client);
    const closes = client.statements.closeAll(this.#session.generation);
    if (closes) await this.#session.runQuietly(closes);
    await this.#listeners.leave(this.#session, client);
  }
}

/** The engine must not wait for data that is not there: a CopyFail goes with what may be a COPY, and is ignored when it is none. */
function withoutCopyData({ bytes, endsWith }: Prepared): Buffer {
  const refusal = wire.copyFail("the embedded engine takes COPY data only for a simple query that is one COPY statement");
  if (endsWith === frontend.query) return Buffer.concat([bytes, refusal]);
  const end = bytes.length - 5; // Before the Sync or Flush.
  return Buffer.concat([bytes.subarray(0, end), refusal, bytes.subarray(end)]);
}

/** The client was invited before its data was collected. */
function withoutInvitation(reply: Buffer): Buffer {
  const kept: Buffer[] = [];
  wire.eachMessage(reply, (type, start, end) => {
    if (type !== wire.backend.copyInResponse) kept.push(reply.subarray(start, end));
  });
  return Buffer.concat(kept);
}
