/**
 * What a statement's text does to the session, beyond its own transaction.
 *
 * All clients share one session, so the front must notice what PostgreSQL would keep per connection. It looks only at what
 * stands in the text: a function that calls `set_config(…, false)` or LISTEN inside is not seen, and Axon has none.
 *
 * @module
 */

export interface ListenAction {
  kind: "listen" | "unlisten";
  /** Null means every channel. */
  channel: string | null;
}

export interface Effects {
  /** Changes settings for the rest of the session. */
  settings: boolean;
  /** Names with a dot among them: settings of the application's own, which PostgreSQL does not list. */
  ownSettings: readonly string[];
  /** Sets something for the transaction only; explains a SET in the reply that changes nothing. */
  localSettings: boolean;
  /** Goes back to the role, or the user, that the connection started with. */
  resetsRole: boolean;
  resetsUser: boolean;
  /** May wait for COPY data from the client. `alone` when that is all the text does. */
  copiesIn: "no" | "somewhere" | "alone";
  listens: readonly ListenAction[];
}

export const noEffects: Effects = {
  settings: false,
  ownSettings: [],
  localSettings: false,
  resetsRole: false,
  resetsUser: false,
  copiesIn: "no",
  listens: [],
};

const any = /set|discard|listen|stdin/i;
/** The beginning of a statement, past blanks and comments. */
const begin = String.raw`(?:^|;)(?:\s|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)*`;
const discard = new RegExp(`${begin}discard\\s+all\\b`, "i");
const setSession = new RegExp(`${begin}(?:set\\s+(?!local\\b|transaction\\b|constraints\\b)|reset\\b|discard\\b)`, "i");
const setLocal = new RegExp(`${begin}set\\s+(?:local|transaction|constraints)\\b`, "i");
const resetRole = new RegExp(`${begin}(?:reset\\s+role\\b|set\\s+(?:session\\s+)?role\\s*(?:to|=)?\\s*default\\b)`, "i");
const resetUser = new RegExp(
  `${begin}(?:reset\\s+session\\s+authorization\\b|set\\s+(?:session\\s+)?session\\s+authorization\\s+default\\b)`,
  "i",
);
const configCall = /set_config\s*\(/gi;
/** A call that certainly ends with the transaction. */
const localConfigCall = /set_config\s*\((?:[^()']|'(?:[^']|'')*')*,\s*true\s*\)/gi;
const listen = new RegExp(`${begin}(un)?listen\\s*("(?:[^"]|"")+"|\\*|[\\p{L}_][\\p{L}\\p{N}_$]*)`, "giu");
const ownSetting = new RegExp(`(?:set_config\\s*\\(\\s*'|${begin}set\\s+(?:session\\s+)?)([a-z_][\\w$]*(?:\\.[a-z_][\\w$]*)+)`, "gi");
const copyIn = /\bcopy\b[\s\S]*\bfrom\s+stdin\b/i;
const copyInAlone = /^\s*copy\b[^;]*\bfrom\s+stdin\b[^;]*;?\s*$/i;

/** Reads `sql`; cheap for the usual statement, which has none of the words. */
export function effectsOf(sql: string): Effects {
  if (!any.test(sql)) return noEffects;
  const discards = discard.test(sql);
  const calls = count(sql, configCall);
  const settings = setSession.test(sql) || calls > count(sql, localConfigCall);
  const effects: Effects = {
    settings,
    ownSettings: settings ? [...sql.matchAll(ownSetting)].map(([, name = ""]) => name.toLowerCase()) : [],
    localSettings: setLocal.test(sql),
    resetsRole: discards || resetRole.test(sql),
    resetsUser: discards || resetUser.test(sql),
    copiesIn: copyInAlone.test(sql) ? "alone" : copyIn.test(sql) ? "somewhere" : "no",
    listens: [...listensIn(sql), ...(discards ? [{ kind: "unlisten", channel: null } as const] : [])],
  };
  return isQuiet(effects) ? noEffects : effects;
}

/** The effects of both, one after the other. */
export function mergeEffects(first: Effects, second: Effects): Effects {
  if (first === noEffects) return second;
  if (second === noEffects) return first;
  return {
    settings: first.settings || second.settings,
    ownSettings: [...first.ownSettings, ...second.ownSettings],
    localSettings: first.localSettings || second.localSettings,
    resetsRole: first.resetsRole || second.resetsRole,
    resetsUser: first.resetsUser || second.resetsUser,
    copiesIn: first.copiesIn === "no" && second.copiesIn === "no" ? "no" : "somewhere",
    listens: [...first.listens, ...second.listens],
  };
}

function listensIn(sql: string): ListenAction[] {
  return [...sql.matchAll(listen)].map(([, un, name = ""]) => ({
    kind: un ? "unlisten" : "listen",
    channel: name === "*" ? null : name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase(),
  }));
}

function isQuiet(effects: Effects): boolean {
  return !effects.settings && !effects.localSettings && effects.copiesIn === "no" && effects.listens.length === 0;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
