/**
 * What PostgreSQL would keep per connection: the user, the role and the settings. All clients share one session, so a
 * client's profile is put on before its turn.
 *
 * @module
 */
import type { Effects } from "./effects.ts";
import { limits } from "./limits.ts";
import { queryMessage } from "./wire.ts";

/** The user that owns the embedded cluster. */
export const ownerUser = "postgres";
export const databaseName = "postgres";

export interface Profile {
  user: string;
  /** Null for the user itself. */
  role: string | null;
  /** Settings by lower-case name, in the form `set_config` takes. */
  settings: ReadonlyMap<string, string>;
  /** Equal for profiles that need no change between them. */
  settingsKey: string;
}

/** The client asks for what this engine does not have. `code` is an SQLSTATE. */
export class StartupRefusal extends Error {
  override readonly name = "StartupRefusal";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Names of the startup packet that are no settings, or that nobody can look at in a session of many. */
const notSettings: ReadonlySet<string> = new Set([
  "user",
  "database",
  "options",
  "role",
  "replication",
  "application_name",
  "client_encoding",
]);

export function makeProfile(user: string, role: string | null, settings: ReadonlyMap<string, string>): Profile {
  const sorted = [...settings].sort(([a], [b]) => (a < b ? -1 : 1));
  return { user, role, settings: new Map(sorted), settingsKey: JSON.stringify(sorted) };
}

export const ownerProfile = makeProfile(ownerUser, null, new Map());

/** The profile a startup packet asks for. Throws StartupRefusal for another database, replication or an encoding other than UTF-8. */
export function profileOf(pairs: ReadonlyMap<string, string>): Profile {
  const user = pairs.get("user");
  if (!user) throw new StartupRefusal("28000", "no PostgreSQL user name specified in startup packet");
  const database = pairs.get("database") ?? user;
  if (database !== databaseName) throw new StartupRefusal("3D000", `database "${database}" does not exist`);
  const encoding = (pairs.get("client_encoding") ?? "UTF8").replaceAll(/['"\s_-]/g, "").toLowerCase();
  if (encoding !== "utf8" && encoding !== "unicode") throw new StartupRefusal("0A000", "the embedded engine speaks UTF-8 only");
  const replication = pairs.get("replication");
  if (replication && !["false", "off", "no", "0"].includes(replication)) {
    throw new StartupRefusal("0A000", "the embedded engine has no replication");
  }
  const all = new Map<string, string>();
  for (const [name, value] of commandLineSettings(pairs.get("options") ?? "")) all.set(name, value);
  for (const [name, value] of pairs) {
    if (!notSettings.has(name) && !name.startsWith("_pq_.")) all.set(name.toLowerCase(), value);
  }
  const role = pairs.get("role") ?? all.get("role") ?? "none";
  all.delete("role");
  if (all.get("timezone")?.toUpperCase() === "UTC") all.delete("timezone"); // The engine's own; one thing less to switch.
  return makeProfile(user, role === "none" ? null : role, all);
}

/** Reads `-c name=value`, `-cname=value` and `--name=value`; a backslash keeps the next character as it is. */
function commandLineSettings(options: string): [string, string][] {
  const words = (options.match(/(?:\\.|[^\s\\])+/gs) ?? []).map((word) => word.replaceAll(/\\(.)/gs, "$1"));
  const found: [string, string][] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const pair = word === "-c" ? (words[++index] ?? "") : word.startsWith("-c") || word.startsWith("--") ? word.slice(2) : "";
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (!name || value === undefined) throw new StartupRefusal("42601", `the embedded engine does not take the option "${word}"`);
    found.push([name.replaceAll("-", "_").toLowerCase(), value]);
  }
  return found;
}

/** Asks what the session holds, for `profileAfter`. PostgreSQL lists its own settings; the application's must be named. */
export function readProfileSql(before: Profile, effects: Effects): string {
  const own = new Set([...effects.ownSettings, ...[...before.settings.keys()].filter((name) => name.includes("."))]);
  const pairs = [...own].map((name) => `${literal(name)}, pg_catalog.current_setting(${literal(name)}, true)`);
  return `select pg_catalog.current_setting('role'), session_user,
    (select pg_catalog.json_object_agg(name, setting) from pg_catalog.pg_settings where source = 'session'),
    pg_catalog.json_build_object(${pairs.join(", ")})`;
}

/** The profile a client is left with once its statements have changed settings. What it reset is as it was at its start. */
export function profileAfter(start: Profile, effects: Effects, row: (string | null)[]): Profile {
  const [role, user, listed, own] = row;
  const settings = new Map(start.settings);
  for (const json of [listed, own]) {
    const held: unknown = JSON.parse(json ?? "{}");
    for (const [name, value] of Object.entries(held ?? {})) {
      // Once set, a setting of the application's own is reset to the empty text, not taken away.
      if (value !== null && !(value === "" && name.includes("."))) settings.set(name.toLowerCase(), String(value));
    }
  }
  const nextRole = effects.resetsRole ? start.role : role === "none" ? null : (role ?? null);
  const nextUser = effects.resetsUser ? start.user : (user ?? start.user);
  return makeProfile(nextUser, nextRole, settings);
}

const transitions = new WeakMap<Profile, Map<Profile, Buffer>>();

/** The message that turns the session from one profile into another; from null, whatever it was before. */
export function transitionMessage(from: Profile | null, to: Profile): Buffer {
  if (from === null) return queryMessage(transitionSql(null, to));
  const known = transitions.get(from) ?? new Map<Profile, Buffer>();
  const ready = known.get(to) ?? queryMessage(transitionSql(from, to));
  if (known.size >= limits.transitionsKeptMax) known.clear();
  transitions.set(from, known.set(to, ready));
  return ready;
}

export function sameProfile(a: Profile | null, b: Profile): boolean {
  return a === b || (a !== null && a.user === b.user && a.role === b.role && a.settingsKey === b.settingsKey);
}

/**
 * Session users are named outright: in a session that began without a login, DEFAULT leads nowhere.
 * SET SESSION AUTHORIZATION also gives up the role.
 */
function transitionSql(from: Profile | null, to: Profile): string {
  const steps: string[] = [];
  let user = from?.user ?? null;
  let role = from?.role ?? null;
  if (from === null || from.settingsKey !== to.settingsKey) {
    steps.push(`set session authorization ${literal(ownerUser)}`, "reset all");
    const calls = [...to.settings].map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`);
    if (calls.length > 0) steps.push(`select ${calls.join(", ")}`);
    user = ownerUser;
    role = null;
  }
  if (user !== to.user) {
    steps.push(`set session authorization ${literal(to.user)}`);
    role = null;
  }
  if (role !== to.role) steps.push(to.role === null ? "set role none" : `set role ${literal(to.role)}`);
  return steps.join("; ");
}

function literal(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
