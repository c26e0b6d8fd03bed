/**
 * What the first release (migrations 0000 to 0002) said to its database: the statements by which it wrote one workspace with
 * something in every table, and those by which it read them again. They are kept as they were, column by column, and never follow the
 * schema: a server of that release may still be running while, and after, a newer one migrates.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Sql, TransactionSql } from "postgres";
import type { Database } from "./connect.ts";

/** The ids of the workspace with this number (0 to 9): the same number, the same ids. */
export function firstReleaseIds(number: number) {
  const id = (thing: number) => `0190aaaa-0000-7000-8000-00000000${number}${String(thing).padStart(3, "0")}`;
  return {
    account: id(1),
    workspace: id(2),
    session: id(3),
    apiKey: id(4),
    agent: id(5),
    source: id(6),
    document: id(7),
    chunk: id(8),
    channel: id(9),
    contact: id(10),
    conversation: id(11),
    turn: id(12),
    question: id(13),
    reply: id(14),
    openTurn: id(15),
    email: `owner-${number}@example.com`,
    refreshHash: sha256(`refresh ${number}`),
    apiKeyHash: sha256(`key ${number}`),
    jobKey: `turn:${id(15)}`,
  };
}

/** Writes the workspace with this number, as the roles that did so and behind the fences that were there. */
export async function writeAsFirstRelease(database: Database, number: number): Promise<void> {
  const ids = firstReleaseIds(number);
  const scope = { "app.account_id": ids.account, "app.api_key_hash": "", "app.workspace_id": ids.workspace };
  await scoped(database.auth, scope, (tx) => writeAccount(tx, ids));
  await scoped(database.app, { "app.workspace_id": ids.workspace }, async (tx) => {
    await writeKnowledge(tx, ids);
    await writeConversation(tx, ids);
  });
}

type Ids = ReturnType<typeof firstReleaseIds>;

async function writeAccount(tx: TransactionSql, ids: Ids): Promise<void> {
  await tx`insert into "account" ("id", "email", "name", "password_hash", "created_at") values (${ids.account}, ${ids.email}, 'Olga', '$2b$12$hash', default)`;
  await tx`insert into "workspace" ("id", "name", "slug", "creation_key", "created_at") values (${ids.workspace}, 'Shoes', ${ids.workspace}, ${`${ids.account}:first`}, default)`;
  await tx`insert into "membership" ("workspace_id", "account_id", "role", "name", "created_at") values (${ids.workspace}, ${ids.account}, 'owner', 'Olga', default)`;
  await tx`insert into "session" ("id", "account_id", "ip", "user_agent", "created_at", "last_used_at", "expires_at", "revoked_at", "revoked_reason") values (${ids.session}, ${ids.account}, '203.0.113.9', 'browser', default, default, now() + interval '30 days', default, default)`;
  await tx`insert into "refresh_token" ("hash", "session_id", "created_at", "expires_at", "spent_at") values (${ids.refreshHash}, ${ids.session}, default, now() + interval '30 days', default)`;
}

async function writeKnowledge(tx: TransactionSql, ids: Ids): Promise<void> {
  const embedding = `[${Array.from({ length: 1536 }, (_, at) => (at === 7 ? 1 : 0)).join()}]`;
  await tx`insert into "api_key" ("workspace_id", "id", "name", "prefix", "hash", "role", "created_by", "created_at", "last_used_at", "expires_at", "revoked_at") values (${ids.workspace}, ${ids.apiKey}, 'Shop', 'axk_abcdef', ${ids.apiKeyHash}, 'admin', ${ids.account}, default, default, null, default)`;
  await tx`insert into "agent" ("workspace_id", "id", "name", "version", "created_at", "updated_at") values (${ids.workspace}, ${ids.agent}, 'Ada', 1, default, default)`;
  await tx`insert into "agent_version" ("workspace_id", "agent_id", "version", "settings", "created_by", "created_at") values (${ids.workspace}, ${ids.agent}, 1, '{"replyDelayMs":0}', ${ids.account}, default)`;
  await tx`insert into "knowledge_source" ("workspace_id", "id", "kind", "name", "created_at") values (${ids.workspace}, ${ids.source}, 'text', 'Returns', default)`;
  await tx`insert into "document" ("workspace_id", "id", "source_id", "name", "mime", "bytes", "storage_key", "status", "done", "total", "error_code", "error_message", "version", "published_version", "chunk_count", "lease_token", "lease_until", "attempts", "created_at", "updated_at") values (${ids.workspace}, ${ids.document}, ${ids.source}, 'Returns', 'text/markdown', 12, 'k', 'ready', default, default, default, default, default, 1, 1, default, default, default, default, default)`;
  await tx`insert into "document_content" ("workspace_id", "document_id", "version", "title", "blocks", "created_at") values (${ids.workspace}, ${ids.document}, 1, 'Returns', '[]', default)`;
  await tx`insert into "chunk" ("workspace_id", "id", "document_id", "source_id", "version", "ordinal", "searchable", "title", "heading_path", "text", "page", "hash", "lexemes", "length", "embedding", "embedder") values (${ids.workspace}, ${ids.chunk}, ${ids.document}, ${ids.source}, 1, 0, true, 'Returns', '{Shoes}', 'Shoes may be sent back for 30 days.', null, 'h', '''shoes'':1', 8, ${embedding}, 'local')`;
}

async function writeConversation(tx: TransactionSql, ids: Ids): Promise<void> {
  const job = JSON.stringify({ workspaceId: ids.workspace, turnId: ids.openTurn });
  await tx`insert into "channel" ("workspace_id", "id", "kind", "created_at") values (${ids.workspace}, ${ids.channel}, 'api', default) on conflict do nothing`;
  await tx`insert into "contact" ("workspace_id", "id", "external_id", "name", "email", "created_at") values (${ids.workspace}, ${ids.contact}, 'c-1', 'Carl', 'carl@example.com', default) on conflict ("workspace_id", "external_id") do update set "name" = coalesce(excluded.name, "contact"."name")`;
  await tx`insert into "conversation" ("workspace_id", "id", "channel_id", "agent_id", "contact_id", "status", "handler", "assignee_id", "assignee_name", "handoff_reason", "handoff_at", "failed_turns", "epoch", "message_seq", "event_seq", "last_message_at", "created_at", "start_key") values (${ids.workspace}, ${ids.conversation}, ${ids.channel}, ${ids.agent}, ${ids.contact}, default, default, default, default, default, default, default, default, default, default, default, default, 'start')`;
  await tx`insert into "turn" ("workspace_id", "id", "conversation_id", "state", "epoch", "first_seq", "last_seq", "due_at", "lease_token", "lease_until", "reply_id", "attempts", "created_at", "ended_at") values (${ids.workspace}, ${ids.turn}, ${ids.conversation}, 'settled', 0, 1, 1, now(), default, default, ${ids.reply}, 1, default, now()), (${ids.workspace}, ${ids.openTurn}, ${ids.conversation}, 'received', 0, 3, 3, now() - interval '1 minute', default, default, default, default, default, default)`;
  await tx`insert into "message" ("workspace_id", "id", "conversation_id", "seq", "author_kind", "author_id", "author_name", "text", "visibility", "citations", "confidence", "client_message_id", "turn_id", "created_at") values (${ids.workspace}, ${ids.question}, ${ids.conversation}, 1, 'contact', ${ids.contact}, 'Carl', 'May I send shoes back?', default, default, default, 'one', default, default), (${ids.workspace}, ${ids.reply}, ${ids.conversation}, 2, 'ai', ${ids.agent}, 'Ada', 'For 30 days.', default, '[]', 0.9, default, ${ids.turn}, default)`;
  await tx`insert into "reply_trace" ("workspace_id", "turn_id", "trace", "created_at") values (${ids.workspace}, ${ids.turn}, '{}', default)`;
  await tx`insert into "idempotency" ("workspace_id", "procedure", "key", "input_hash", "result", "created_at") values (${ids.workspace}, 'agents.create', 'k', 'h', '{"id":1}', default)`;
  await tx`insert into "outbox" ("id", "workspace_id", "key", "name", "payload", "due_at", "taken_until", "attempts") values (default, ${ids.workspace}, ${ids.jobKey}, 'turn.run', ${job}, now(), default, default)`;
  await tx`update "conversation" set "message_seq" = 2, "event_seq" = "conversation"."event_seq" + 1 where "conversation"."id" = ${ids.conversation}`;
  await tx`insert into "workspace_cursor" ("workspace_id", "last") values (${ids.workspace}, 1) on conflict ("workspace_id") do update set "last" = "workspace_cursor"."last" + 1`;
  await tx`insert into "event" ("workspace_id", "workspace_seq", "id", "conversation_id", "seq", "type", "body", "at") values (${ids.workspace}, 1, ${ids.question}, ${ids.conversation}, 1, 'message.created', '{"type":"message.created"}', default)`;
}

/** Reads everything of a workspace back, as its application, the way in and the engine saw it. */
export async function readAsFirstRelease(database: Database, number: number): Promise<Record<string, readonly unknown[]>> {
  const ids = firstReleaseIds(number);
  const read: Record<string, readonly unknown[]> = {};
  await scoped(database.app, { "app.workspace_id": ids.workspace }, async (tx) => {
    for (const [table, columns] of Object.entries(tenantColumns)) {
      read[table] = [...(await tx.unsafe(`select ${columns} from "${table}" order by ${columns}`))];
    }
  });
  const holder = { "app.account_id": ids.account, "app.api_key_hash": ids.apiKeyHash, "app.workspace_id": "" };
  await scoped(database.auth, holder, async (tx) => {
    read["signIn"] = await tx`select "id", "password_hash" from "account" where "account"."email" = ${ids.email}`;
    read["whoCalls"] =
      await tx`select "account"."name", "membership"."role" from "session" inner join "account" on "account"."id" = "session"."account_id" left join "membership" on ("membership"."account_id" = "account"."id" and "membership"."workspace_id" = ${ids.workspace}) where ("session"."id" = ${ids.session} and "session"."account_id" = ${ids.account} and "session"."revoked_at" is null)`;
    read["memberships"] =
      await tx`select "workspace"."id", "workspace"."name", "workspace"."slug", "membership"."role" from "membership" inner join "workspace" on "workspace"."id" = "membership"."workspace_id" where "membership"."account_id" = ${ids.account}`;
    read["keyCalls"] =
      await tx`select "id", "workspace_id", "role", "name" from "api_key" where ("api_key"."hash" = ${ids.apiKeyHash} and "api_key"."revoked_at" is null and ("api_key"."expires_at" is null or "api_key"."expires_at" > now()))`;
    read["refresh"] =
      await tx`select "session_id", "account_id" from "refresh_token" inner join "session" on "session"."id" = "refresh_token"."session_id" where "refresh_token"."hash" = ${ids.refreshHash} and "refresh_token"."spent_at" is null`;
  });
  await scoped(database.engine, {}, async (tx) => {
    read["stuckTurns"] =
      await tx`select "workspace_id", "id" from "turn" where "state" in ('received', 'claimed', 'thinking') and "due_at" < now() and "workspace_id" = ${ids.workspace}`;
    read["waiting"] = await tx`select "key", "name", "payload", "attempts" from "outbox" where "workspace_id" = ${ids.workspace}`;
  });
  return read;
}

/** Every tenant table of the first release that its application could read, with the columns it had. */
const tenantColumns: Readonly<Record<string, string>> = {
  agent: "workspace_id, id, name, version, created_at, updated_at",
  agent_version: "workspace_id, agent_id, version, settings, created_by, created_at",
  api_key: "workspace_id, id, name, prefix, hash, role, created_by, created_at, expires_at, revoked_at",
  channel: "workspace_id, id, kind, created_at",
  chunk:
    "workspace_id, id, document_id, source_id, version, ordinal, searchable, title, heading_path, text, page, hash, lexemes, length, embedding, embedder",
  contact: "workspace_id, id, external_id, name, email, created_at",
  conversation:
    "workspace_id, id, channel_id, agent_id, contact_id, status, handler, assignee_id, assignee_name, handoff_reason, handoff_at, failed_turns, epoch, message_seq, event_seq, last_message_at, created_at, start_key",
  document:
    "workspace_id, id, source_id, name, mime, bytes, storage_key, status, done, total, error_code, error_message, version, published_version, chunk_count, lease_token, lease_until, attempts, created_at, updated_at",
  document_content: "workspace_id, document_id, version, title, blocks, created_at",
  event: "workspace_id, workspace_seq, id, conversation_id, seq, type, body, at",
  idempotency: "workspace_id, procedure, key, input_hash, result, created_at",
  knowledge_source: "workspace_id, id, kind, name, created_at",
  membership: "workspace_id, account_id, role, name, created_at",
  message:
    "workspace_id, id, conversation_id, seq, author_kind, author_id, author_name, text, visibility, citations, confidence, client_message_id, turn_id, created_at",
  reply_trace: "workspace_id, turn_id, trace, created_at",
  turn: "workspace_id, id, conversation_id, state, epoch, first_seq, last_seq, due_at, lease_token, lease_until, reply_id, attempts, created_at, ended_at",
  workspace: "id, name, slug, creation_key, created_at",
  workspace_cursor: "workspace_id, last",
};

async function scoped(pool: Sql, settings: Record<string, string>, work: (tx: TransactionSql) => Promise<void>): Promise<void> {
  await pool.begin(async (tx) => {
    for (const [name, value] of Object.entries(settings)) await tx`select set_config(${name}, ${value}, true)`;
    await work(tx);
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
