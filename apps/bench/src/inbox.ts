/**
 * How long does a team wait for its inbox when its workspace holds a million messages? The verbs of the API, as the application's
 * role and behind its fences, beside other workspaces in the same tables; each with the plan that the database made.
 *
 * @module
 */
import { importInput, type ListConversationsInput, listConversationsInput } from "@axon/contracts/inbox";
import { type Caller, createInWorkspace, type WorkspaceCtx } from "@axon/core/context";
import { countInbox, importConversations, listConversations, listMessages, searchMessages } from "@axon/core/conversations";
import type { Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { type Inbox, loadInbox, withoutIndexes } from "./inbox/load.ts";
import { planReader } from "./inbox/plans.ts";
import type { Installation } from "./installation.ts";
import { quantile } from "./numbers.ts";
import { type OwnedDatabase, type Owner, onOwnDatabase, secondsOf } from "./owned.ts";
import type { BenchResult } from "./result.ts";

const big = 1_000_000;
const others = { workspaces: 100, messages: 1_000 };
const rounds = { warm: 3, measured: 60 };
const goalMs = 100;

type Verb = (ws: WorkspaceCtx) => Promise<{ nextCursor?: string | null } | unknown>;

/** `scale`: part of the messages and workspaces, 0 to 1, for a quick try. */
export function inbox(installation: Pick<Installation, "database">, scale: number): Promise<BenchResult> {
  return onOwnDatabase("inbox", installation, (on) => measure(on, scale));
}

async function measure({ owner, app, timed, took }: OwnedDatabase, scale: number): Promise<BenchResult> {
  const rebuild = await withoutIndexes(owner);
  const messages = Math.round(big * scale);
  const loaded = await timed("load", () => newInbox(owner, app, messages));
  await timed("load of the others", async () => {
    for (let at = 0; at < Math.round(others.workspaces * scale); at += 1) await newInbox(owner, app, others.messages);
  });
  await timed("indexes", async () => {
    await owner.unsafe("set maintenance_work_mem = '512MB'");
    for (const definition of rebuild) await owner.unsafe(definition);
  });
  await timed("vacuum and analyze", () => owner.unsafe("vacuum analyze"));
  const asked = questionsOf(loaded);
  const inWorkspace = createInWorkspace(app, () => {});
  const me: Caller = { kind: "user", id: loaded.memberIds[0] ?? null, name: "Member", ip: null, requestId: null };
  const times = new Map<string, number[]>();
  await timed("questions", async () => {
    for (let round = 0; round < rounds.warm + rounds.measured; round += 1) {
      // In turns, so that a busy moment of the machine is everybody's.
      for (const [name, verb] of asked) {
        const fromMs = performance.now();
        await inWorkspace(loaded.workspaceId, verb, me);
        if (round >= rounds.warm) times.set(name, [...(times.get(name) ?? []), performance.now() - fromMs]);
      }
    }
  });
  const planOf = planReader(app);
  const plans: string[] = [];
  for (const [name, verb] of asked) plans.push(`plan of ${name}: ${await planOf(loaded.workspaceId, verb, me)}`);
  const row = (name: string) => [quantile(times.get(name) ?? [], 0.5), quantile(times.get(name) ?? [], 0.95)];
  const worst = Math.max(...asked.map(([name]) => row(name)[1] ?? Number.NaN));
  return {
    name: "inbox",
    about: `${messages} messages in one workspace and ${others.messages} in each of ${Math.round(others.workspaces * scale)} others, row-level security on`,
    columns: ["p50 ms", "p95 ms"],
    rows: asked.map(([name]) => ({ variant: name, values: row(name) })),
    ratios: [{ what: "the slowest p95, ms", value: worst, goal: `at most ${goalMs}` }],
    notes: [
      `each was asked ${rounds.measured} times, in turns, with the transaction around it; pages of 50, searches of 20`,
      `it took: ${secondsOf(took)}`,
      `sizes: ${await sizesOf(owner)}`,
      ...plans,
    ],
  };
}

async function sizesOf(owner: Owner): Promise<string> {
  const rows = await owner<{ name: string; mb: number }[]>`
    select relname as name, round(pg_total_relation_size(oid) / 1e6)::int as mb from pg_class
    where relname in ('conversation', 'conversation_tag', 'message', 'message_words') order by relname`;
  return rows.map(({ name, mb }) => `${name} ${mb} MB`).join(", ");
}

/** A workspace of its own. One conversation comes in by the front door, to learn by what its words are marked. */
async function newInbox(owner: Owner, app: Database, messages: number): Promise<Inbox> {
  const id = newId();
  const agentId = newId();
  await owner`insert into workspace (id, name, slug) values (${id}, 'Bench', ${id})`;
  await owner`insert into agent (workspace_id, id, name, version) values (${id}, ${agentId}, 'Marker', 1)`;
  const at = "2020-01-01T00:00:00Z";
  const talk = {
    externalId: "marker",
    agentId,
    contact: { externalId: "marker" },
    createdAt: at,
    messages: [{ author: "contact", text: "k0x", at }],
  };
  await createInWorkspace(app, () => {})(id, (ws) => importConversations(ws, importInput.parse({ conversations: [talk] })));
  const [marked] = await owner<{ word: string }[]>`
    select (tsvector_to_array(words))[1] as word from message_words where workspace_id = ${id}`;
  return loadInbox(owner, id, marked?.word.replace("k0x", "") ?? "", messages);
}

/** Everything that an inbox asks, by name. Pages further down begin where one before them ended. */
function questionsOf({ agentIds, channelIds, contactId, longId }: Inbox): [name: string, verb: Verb][] {
  const list = (filter: Partial<ListConversationsInput>) => (ws: WorkspaceCtx) =>
    listConversations(ws, { ...listConversationsInput.parse({}), ...filter });
  const search = (query: string, cursor?: string) => (ws: WorkspaceCtx) => searchMessages(ws, { query, limit: 20, cursor });
  const place = (daysAgo: number) =>
    Buffer.from(
      JSON.stringify([new Date(Date.now() - daysAgo * 86_400_000).toISOString(), "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
    ).toString("base64url");
  return [
    ["list", list({})],
    ["list, half a year down", list({ cursor: place(180) })],
    ["list: open", list({ status: "open" })],
    ["list: snoozed, half a year down", list({ status: "snoozed", cursor: place(180) })],
    ["list: handled by people", list({ handler: "member" })],
    ["list: one channel", list({ channelId: channelIds[1] ?? "" })],
    ["list: a channel long unused", list({ channelId: channelIds[3] ?? "" })],
    ["list: kind of channel", list({ channelKind: "web" })],
    ["list: one agent", list({ agentId: agentIds[1] ?? "" })],
    ["list: an agent long unused", list({ agentId: agentIds[2] ?? "" })],
    ["list: mine", list({ assignee: "me" })],
    ["list: mine, open", list({ assignee: "me", status: "open" })],
    ["list: nobody's", list({ assignee: "none" })],
    ["list: urgent", list({ priority: "urgent" })],
    ["list: urgent, open, mine", list({ priority: "urgent", status: "open", assignee: "me" })],
    ["list: a common tag", list({ tag: "delivery" })],
    ["list: a tag long unused", list({ tag: "old" })],
    ["list: a tag, open", list({ tag: "refund", status: "open" })],
    ["list: one contact", list({ contactId })],
    [
      "list: one month",
      list({ from: new Date(Date.now() - 120 * 86_400_000).toISOString(), to: new Date(Date.now() - 90 * 86_400_000).toISOString() }),
    ],
    ["list: common words", list({ text: "k3x" })],
    ["list: rare words", list({ text: "k15013x" })],
    ["list: common words, open", list({ text: "k3x", status: "open" })],
    ["thread, from its start", (ws) => listMessages(ws, { conversationId: longId, limit: 50, order: "asc" })],
    [
      "thread, the middle, backwards",
      (ws) => listMessages(ws, { conversationId: longId, limit: 50, order: "desc", cursor: Buffer.from("[1000]").toString("base64url") }),
    ],
    ["search: a word in most messages", search("k1x")],
    ["search: a common word", search("k20x")],
    ["search: a common word, half a year down", search("k20x", place(180))],
    ["search: a word in some thousand", search("k250x")],
    ["search: a rare word", search("k15013x")],
    ["search: two common words", search("k2x k5x")],
    ["search: a common and a rare word", search("k2x k9001x")],
    ["search: nothing to find", search("k99999x")],
    ["counts", (ws) => countInbox(ws)],
  ];
}
