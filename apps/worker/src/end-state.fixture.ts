/**
 * What is left in every table when all is done, in words that are the same for two runs of the same: ids by what stands around them,
 * moments as moments. Of what tells how it came about (tries, leases, the coming and going of a reply) nothing is said.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { openPool } from "@axon/db/connect";

type Owner = ReturnType<typeof openPool>;
type Row = Record<string, unknown>;

/** Columns about the way, not the end. */
const ofTheWay = new Set([
  ...["lease_token", "sync_lease_token", "attempts", "event_seq", "workspace_seq", "seq_at", "last", "taken_until", "delivered_at"],
  ...["sync_failures", "key"],
]);
/** Columns of one table that are made of its ids, or count what came before. */
const madeOfIds: Record<string, readonly string[]> = {
  event: ["id", "seq"],
  outbox: ["id"],
  email_token: ["hash"],
  evaluation: ["questions_hash"],
  invitation: ["token_hash"],
};
/** Events of the way: a reply that was begun again was begun twice, and readers were told. */
const eventsOfTheWay = new Set([
  "reply.started",
  "reply.superseded",
  "reply.failed",
  "document.progress",
  "source.progress",
  "evaluation.progress",
]);
/** Tables of the way. */
const tablesOfTheWay = new Set(["workspace_cursor", "schedule"]);
const uuids = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const moment = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
/** Often enough for an id to be known by its neighbours' neighbours. */
const rounds = 3;

/** The tables that hold anything of a workspace. */
export async function tenantTables(owner: Owner): Promise<string[]> {
  const tables = await owner<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`;
  return tables.map(({ name }) => name).filter((name) => !tablesOfTheWay.has(name));
}

/** Rows that belong to a workspace, and those of other tables that `also` asks for. */
export async function endState(
  owner: Owner,
  tables: readonly string[],
  workspaceId: string,
  also: readonly { table: string; where: string }[] = [],
): Promise<string[]> {
  const parts = [
    ...tables.map((table) => ({ table, where: `workspace_id = '${workspaceId}'` })),
    { table: "workspace", where: `id = '${workspaceId}'` },
    ...also,
  ];
  const rows = await owner.unsafe<{ name: string; row: Row }[]>(
    parts.map(({ table, where }) => `select '${table}' as name, to_jsonb(t) as row from "${table}" t where ${where}`).join(" union all "),
  );
  const kept = rows.filter(({ name, row }) => name !== "event" || !eventsOfTheWay.has(String(row["type"])));
  return recoloured(kept.map(({ name, row }) => ({ name, row: withoutTheWay(row, name) })));
}

function withoutTheWay(row: Row, table: string): Row {
  const dropped = (column: string) => ofTheWay.has(column) || madeOfIds[table]?.includes(column) === true;
  // A file's place ends in the lease under which it was written.
  if (typeof row["storage_key"] === "string") row = { ...row, storage_key: row["storage_key"].replace(/(\/\d+)-\d+$/, "$1") };
  // Each word begins with a mark of the workspace.
  if (table === "message_words") row = { ...row, words: String(row["words"]).replace(/'[^':]+:/g, "'") };
  return Object.fromEntries(Object.entries(row).flatMap(([column, value]) => (dropped(column) ? [] : [[column, plain(value, column)]])));
}

/** What is in one and not in the other, said without the fingerprints where it can be. Nothing: they are the same. */
export function differences(one: readonly string[], other: readonly string[]): string[] {
  const missing = (from: readonly string[], than: readonly string[], sign: string) => {
    const left = [...than];
    return from.flatMap((line) => {
      const place = left.indexOf(line);
      if (place < 0) return [`${sign} ${line}`];
      left.splice(place, 1);
      return [];
    });
  };
  const both = (strip: (line: string) => string) => {
    const [a, b] = [one.map(strip), other.map(strip)];
    return [...missing(a, b, "-"), ...missing(b, a, "+")];
  };
  const plainly = both((line) => line.replace(/<[0-9a-f]{10}>/g, "<id>"));
  return plainly.length > 0 ? plainly : both((line) => line);
}

/** Moments and durations lose their values; all else stays. */
function plain(value: unknown, name: string): unknown {
  if (typeof value === "string") return moment.test(value) ? "<time>" : value;
  if (typeof value === "number") return /Ms$|_ms$/.test(name) ? "<ms>" : value;
  if (Array.isArray(value)) return value.map((item) => plain(item, name));
  if (typeof value !== "object" || value === null) return value;
  const inner = /ms$/i.test(name);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, inner ? `${key}Ms` : key)]));
}

/** Each id becomes the fingerprint of the rows that it stands in. The same rows twice are told once: a job asked for twice is one job. */
function recoloured(rows: { name: string; row: Row }[]): string[] {
  const texts = rows.map(({ name, row }) => `${name} ${JSON.stringify(row)}`);
  let colours = new Map<string, string>();
  const painted = (text: string, self?: string) => text.replace(uuids, (id) => (id === self ? "<self>" : (colours.get(id) ?? "<id>")));
  for (let round = 0; round < rounds; round++) {
    const seen = new Map<string, string[]>();
    for (const text of texts) for (const id of new Set(text.match(uuids) ?? [])) seen.set(id, [...(seen.get(id) ?? []), painted(text, id)]);
    colours = new Map([...seen].map(([id, around]) => [id, `<${digest([...new Set(around)].sort().join("\n"))}>`]));
  }
  const lines = texts.map((text) => painted(text)).sort();
  return lines.filter((line, place) => !(line.startsWith("outbox ") && line === lines[place - 1]));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}
