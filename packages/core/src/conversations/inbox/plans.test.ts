/** What the inbox asks the database for, asked how it would go about it: a page must cost what is on it, not what there is. */
import { type ListConversationsInput, listConversationsInput } from "@axon/contracts/inbox";
import { openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Caller, WorkspaceCtx } from "../../context.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import { conversationPage } from "../read-conversations.ts";
import { quickAgent } from "../stage.fixture.ts";
import { countsStatement } from "./count-inbox.ts";
import { type MessageKey, sortedFew, walkedThrough, withWords } from "./find-messages.ts";
import { narrow } from "./list-filters.ts";
import { type Asked, askedFor, messageLexemes } from "./words.ts";

const conversations = 8_000;
const other = { workspaces: 2, conversations: 1_000 };
const dialect = new PgDialect({ casing: "snake_case" });

let scene: Scene;
let owner: ReturnType<typeof openPool>;
let workspaceId: string;
let me: Caller;
let agentId: string;
const channelIds = [newId(), newId(), newId()];

beforeAll(async () => {
  scene = await openScene();
  owner = openPool(scene.testDatabase, null, 1);
  const founded = await scene.found("Plans");
  workspaceId = founded.workspaceId;
  me = { kind: "user", id: founded.accountId, name: "Plans", ip: null, requestId: null };
  agentId = (await quickAgent(scene, workspaceId)).id;
  await fill(workspaceId, agentId, channelIds, conversations);
  for (let at = 0; at < other.workspaces; at += 1) {
    const { workspaceId: id } = await scene.found("Other");
    await fill(id, (await quickAgent(scene, id)).id, [newId(), newId(), newId()], other.conversations);
  }
  await owner.unsafe("vacuum analyze");
}, 120_000);
afterAll(async () => {
  await owner?.end({ timeout: 5 });
  await scene?.close();
});

/** One message in each; every sixth is open, every fiftieth urgent, and so on. The words are those of a message. */
async function fill(id: string, agent: string, [api, first, second]: string[], count: number): Promise<void> {
  const words = (text: string) => messageLexemes(id, text);
  await owner`insert into channel (workspace_id, id, kind, agent_id) values (${id}, ${api ?? ""}, 'api', null), (${id}, ${first ?? ""}, 'web', ${agent}), (${id}, ${second ?? ""}, 'web', ${agent})`;
  await owner`insert into contact (workspace_id, id) select ${id}, ('00000000-0000-4000-8000-' || lpad(at::text, 12, '0'))::uuid from generate_series(1, 200) at`;
  await owner`
    insert into conversation (workspace_id, id, channel_id, agent_id, contact_id, status, handler, priority, assignee_id, message_seq, last_message_at, tags)
    select ${id}, ('00000000-0000-4000-9000-' || lpad(at::text, 12, '0'))::uuid,
      case at % 3 when 0 then ${api ?? ""}::uuid when 1 then ${first ?? ""}::uuid else ${second ?? ""}::uuid end, ${agent},
      ('00000000-0000-4000-8000-' || lpad((1 + at % 200)::text, 12, '0'))::uuid,
      case when at % 6 = 0 then 'open' when at % 30 = 1 then 'pending' when at % 50 = 2 then 'snoozed' else 'resolved' end,
      case when at % 40 = 0 then 'member' else 'ai' end, case when at % 50 = 0 then 'urgent' else 'normal' end,
      case when at % 20 = 0 then ${me.id}::uuid end, 1, now() - at * interval '1 minute', case when at % 4 = 0 then array['refund'] else '{}' end
    from generate_series(1, ${count}) at`;
  await owner`
    insert into conversation_tag select workspace_id, id, 'refund', last_message_at from conversation where workspace_id = ${id} and tags <> '{}'`;
  await owner`
    insert into message (workspace_id, id, conversation_id, seq, author_kind, text, created_at)
    select ${id}, gen_random_uuid(), id, 1, 'contact', 'Hello', last_message_at from conversation where workspace_id = ${id}`;
  await owner`
    insert into message_words (workspace_id, message_id, conversation_id, created_at, words)
    select ${id}, id, conversation_id, created_at,
      case when extract(minute from created_at)::int = 7 then ${words("hello rare parcel")} else ${words("hello")} end::tsvector
    from message where workspace_id = ${id}`;
}

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Plan Rows": number;
  Plans?: PlanNode[];
}

/** As the application asks it: its role, its fence. `without` an index that is back afterwards. */
async function plan(query: SQL, settings: SQL | null = null, without: string | null = null): Promise<PlanNode> {
  const { sql: text, params } = dialect.sqlToQuery(query);
  let node: PlanNode | null = null;
  await owner
    .begin(async (tx) => {
      if (without !== null) await tx.unsafe(`drop index ${without}`);
      await tx.unsafe(`set local role axon_app; select set_config('app.workspace_id', '${workspaceId}', true)`);
      if (settings !== null) await tx.unsafe(dialect.sqlToQuery(settings).sql);
      // safe: drizzle has encoded the values
      const [row] = await tx.unsafe<{ "QUERY PLAN": { Plan: PlanNode }[] }[]>(`explain (format json) ${text}`, params as string[]);
      node = row?.["QUERY PLAN"][0]?.Plan ?? null;
      throw new Error("nothing of this stays");
    })
    .catch(() => {});
  if (node === null) throw new Error("there is no plan");
  return node;
}

function nodes(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodes)];
}

const large = ["conversation", "conversation_tag", "message", "message_words"];
/** Rows that may be sorted, or read only to be left out. */
const rowsMax = 1_000;

/** What would cost what there is rather than what is asked for. */
function faults(root: PlanNode): string[] {
  return nodes(root).flatMap((node) => {
    const table = node["Relation Name"] ?? "";
    if (node["Node Type"] === "Seq Scan" && large.includes(table)) return [`reads all of ${table}`];
    const sorted = node["Node Type"] === "Sort" ? (node.Plans?.[0]?.["Plan Rows"] ?? 0) : 0;
    return sorted > rowsMax ? [`sorts ${sorted} rows`] : [];
  });
}

const indexes = (root: PlanNode) => nodes(root).flatMap((node) => node["Index Name"] ?? []);

async function listPlan(filter: Partial<ListConversationsInput>, without: string | null = null): Promise<PlanNode> {
  const query = await scene.inWorkspace(
    workspaceId,
    async (ws) => {
      const narrowed = await narrow(ws, { ...listConversationsInput.parse({}), ...filter });
      if (narrowed === null) throw new Error("something is meant");
      return conversationPage(ws, narrowed, [new Date().toISOString(), newId()], 51).getSQL();
    },
    me,
  );
  return plan(query, null, without);
}

const askedAs = (query: string): Asked => {
  const asked = askedFor(workspaceId, query);
  if (asked === null) throw new Error("these are words");
  return asked;
};
const searching = sql`select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`;

describe("a page of the inbox", () => {
  const filters: [Partial<ListConversationsInput>, string][] = [
    [{}, "conversation_by_recency"],
    [{ status: "open" }, "conversation_by_status"],
    [{ status: "snoozed" }, "conversation_by_status"],
    [{ handler: "member" }, "conversation_by_handler"],
    [{ channelId: channelIds[1] ?? "" }, "conversation_by_channel"],
    [{ channelKind: "web" }, "conversation_by_channel"],
    [{ priority: "urgent" }, "conversation_by_priority"],
    [{ priority: "urgent", status: "open" }, "conversation_by_priority"],
    [{ assignee: "me" }, "conversation_by_assignee"],
    [{ assignee: "me", status: "open" }, "conversation_by_assignee"],
    [{ assignee: "none" }, "conversation_unassigned"],
    [{ assignee: "none", status: "pending" }, "conversation_unassigned"],
    [{ tag: "refund" }, "conversation_tag_by_recency"],
    [{ tag: "refund", status: "open" }, "conversation_tag_by_recency"],
    [{ contactId: "00000000-0000-4000-8000-000000000007" }, "conversation_by_contact"],
  ];
  it.each(filters)("narrowed by %j is read from %s, in order", async (filter, index) => {
    const found = await listPlan(filter);
    expect({ faults: faults(found), indexes: indexes(found) }).toEqual({ faults: [], indexes: expect.arrayContaining([index]) });
  });

  it("of one agent's is read in order", async () => {
    expect(faults(await listPlan({ agentId }))).toEqual([]);
  });

  it("with words in it goes from the newest on when they are common, and to those that have them when they are rare", async () => {
    const page = (words: SQL) =>
      scene.inWorkspace(workspaceId, async (ws) =>
        conversationPage(ws, { conditions: [words], branches: [], tag: undefined }, null, 51).getSQL(),
      );
    const common = await plan(await page(withWords({ workspaceId }, askedAs("hello"), true)), searching);
    expect(faults(common)).toEqual([]);
    expect(indexes(common)).toEqual(expect.arrayContaining(["conversation_by_recency", "message_words_by_conversation"]));
    const rare = await plan(await page(withWords({ workspaceId }, askedAs("parcel"), false)), searching);
    expect(faults(rare)).toEqual([]);
    expect(indexes(rare)).toEqual(expect.arrayContaining(["conversation_workspace_id_id_pk", "message_words_index"]));
  });

  it.each([
    ["conversation_by_recency", {}],
    ["conversation_by_priority", { priority: "urgent" }],
    ["conversation_tag_by_recency", { tag: "refund" }],
    ["conversation_unassigned", { assignee: "none" }],
  ] as const)("is noticed to cost more without %s", async (without, filter) => {
    const found = await listPlan(filter, without);
    expect(faults(found).length > 0 || !indexes(found).includes(without)).toBe(true);
    expect(indexes(found)).not.toContain(without);
  });
});

describe("what is counted", () => {
  it("is read from an index each, and no further than the cap", async () => {
    const found = await scene.inWorkspace(workspaceId, async (ws: WorkspaceCtx) => countsStatement({ ...ws, caller: me }));
    const counted = await plan(found);
    // Most are resolved, and here all of those are below the cap: they may as well be read as they lie.
    expect(faults(counted).length).toBeLessThanOrEqual(1);
    expect(indexes(counted)).toEqual(
      expect.arrayContaining(["conversation_unassigned", "conversation_by_assignee", "conversation_by_priority", "conversation_by_status"]),
    );
  });
});

describe("a search", () => {
  const after: MessageKey = [new Date().toISOString(), newId()];
  it("looks rare words up, and common ones from the newest on", async () => {
    const rare = await plan(sortedFew(askedAs("parcel"), after, 21), searching);
    expect(indexes(rare)).toEqual(["message_words_index"]);
    expect(faults(rare)).toEqual([]);
    const common = await plan(walkedThrough({ workspaceId }, askedAs("hello"), after, { limit: 21, through: 20_000 }), searching);
    expect(indexes(common)).toEqual(["message_words_by_time"]);
    expect(faults(common)).toEqual([]);
  });
});

describe("a thread", () => {
  it("is read by the numbers of its messages", async () => {
    const thread = sql`select * from message where conversation_id = '00000000-0000-4000-9000-000000000007' and seq > 1 order by seq limit 51`;
    const found = await plan(thread);
    expect(faults(found)).toEqual([]);
    expect(indexes(found)).toEqual(["message_workspace_id_conversation_id_seq_index"]);
  });
});
