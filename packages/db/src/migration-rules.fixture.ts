/**
 * What a migration may not do while servers of the release before are still running on the same database.
 *
 * Every release only adds; what it no longer needs is taken away by a later one, when nobody is left who uses it. Such a
 * statement says so: the line above it is `-- contract: <why it is safe now>`. Reads SQL as text and knows no database.
 *
 * @module
 */
export interface MigrationFile {
  name: string;
  sql: string;
}

export interface Violation {
  migration: string;
  /** The statement on one line, cut short. */
  statement: string;
  breaks: string;
}

interface Rule {
  pattern: RegExp;
  breaks: string;
  /** Only a table, and with `column` only columns, that an older release knows can be broken. The pattern's groups `table` and `columns` name them. */
  about: "always" | "table" | "columns";
}

const table = String.raw`(?:only )?(?:public\.)?(?<table>\w+)`;
const columns = String.raw`\((?<columns>[^)]*)\)`;

const rules: readonly Rule[] = [
  {
    pattern: /\bdrop (table|view|materialized view|schema|type|function|extension|sequence|role)\b/,
    breaks: "an older version still uses it",
    about: "always",
  },
  { pattern: /\bdrop column\b/, breaks: "an older version still reads or writes the column", about: "always" },
  { pattern: /\brename (to|column|constraint|\w+ to)\b/, breaks: "an older version knows the old name only", about: "always" },
  {
    pattern: /\balter (column )?\w+ (set data )?type\b/,
    breaks: "an older version writes the old type, and the table is locked while it is rewritten",
    about: "always",
  },
  { pattern: /\bset not null\b/, breaks: "an older version still writes nulls", about: "always" },
  { pattern: /\bdrop not null\b/, breaks: "an older version may meet a null", about: "always" },
  { pattern: /\bdrop (default|identity|expression)\b/, breaks: "an older version leaves the column out", about: "always" },
  { pattern: /\b(drop constraint|drop index)\b/, breaks: "an older version may rely on it in ON CONFLICT", about: "always" },
  { pattern: /\b(drop|alter) policy\b/, breaks: "an older version comes in by it", about: "always" },
  { pattern: /\brevoke\b/, breaks: "an older version may use the right", about: "always" },
  { pattern: /\btruncate\b|\bdelete from\b/, breaks: "what is deleted is gone for an older version as well", about: "always" },
  {
    pattern: new RegExp(
      `alter table ${table} .*\\badd (column )?(?!constraint\\b|primary\\b|unique\\b|check\\b|foreign\\b)\\w+ (?:(?!default|generated|, add ).)*\\bnot null\\b(?:(?!default|generated|, add ).)*(, add |$)`,
    ),
    breaks: "an older version does not fill the column; give it a default",
    about: "table",
  },
  {
    pattern: new RegExp(`alter table ${table} .*\\badd (constraint \\w+ )?(unique|primary key)[^(]*${columns}`),
    breaks: "an older version may write the same twice",
    about: "columns",
  },
  {
    pattern: new RegExp(`alter table ${table} .*\\badd (constraint \\w+ )?foreign key ${columns}`),
    breaks: "an older version may name what is not there",
    about: "columns",
  },
  {
    pattern: new RegExp(`alter table ${table} .*\\badd (constraint \\w+ )?(check|exclude)\\b`),
    breaks: "an older version may write what is refused now",
    about: "table",
  },
  {
    pattern: new RegExp(`create unique index (?:concurrently )?(?:if not exists )?\\w+ on ${table}[^(]*${columns}`),
    breaks: "an older version may write the same twice",
    about: "columns",
  },
  {
    pattern: new RegExp(`alter table ${table} (enable|force) row level security`),
    breaks: "an older version sets no workspace for this table",
    about: "table",
  },
  { pattern: new RegExp(`create policy \\w+ on ${table} as restrictive`), breaks: "an older version may be shut out", about: "table" },
  {
    pattern: new RegExp(`create (?:or replace )?(?:constraint )?trigger .* on ${table}`),
    breaks: "an older version's writes may be refused",
    about: "table",
  },
];

/**
 * What in these migrations, the newest release's, would break an older version. `before` are those of all earlier releases: only
 * what they made can be in use.
 */
export function findViolations(before: readonly MigrationFile[], migrations: readonly MigrationFile[]): Violation[] {
  const known = new Set(before.flatMap(({ sql }) => statementsOf(sql).flatMap(({ text }) => createdTable(text) ?? [])));
  const added = new Set(migrations.flatMap(({ sql }) => statementsOf(sql).flatMap(({ text }) => addedColumns(text))));
  return migrations.flatMap(({ name, sql }) =>
    statementsOf(sql)
      .filter(({ excused }) => !excused)
      .flatMap(({ text }) => brokenRules(text, known, added).map((breaks) => ({ migration: name, statement: text.slice(0, 120), breaks }))),
  );
}

function brokenRules(text: string, known: ReadonlySet<string>, added: ReadonlySet<string>): string[] {
  return rules.flatMap(({ pattern, breaks, about }) => {
    const match = pattern.exec(text);
    if (!match) return [];
    const name = match.groups?.["table"] ?? "";
    if (about !== "always" && !known.has(name)) return [];
    const named = (match.groups?.["columns"] ?? "").split(",").map((column) => `${name}.${column.trim().split(" ")[0]}`);
    // A column that came with this very release is null in every row that an older version writes.
    if (about === "columns" && named.some((column) => added.has(column))) return [];
    return [breaks];
  });
}

/** Lower case, on one line, without quotes and comments. */
function statementsOf(sql: string): { text: string; excused: boolean }[] {
  return splitStatements(sql).map((raw) => {
    const excused = /^\s*-- contract: \S/m.test(raw);
    const text = raw.replaceAll(/--.*$/gm, "").replaceAll('"', "").replaceAll(/\s+/g, " ").trim().toLowerCase();
    return { text, excused };
  });
}

/** By semicolons, but not those in a dollar-quoted body or a comment. */
function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let rest = sql.replaceAll("--> statement-breakpoint", "");
  const whole = /^(?:--[^\n]*|\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|[^;])*?;/;
  for (let match = whole.exec(rest); match; match = whole.exec(rest)) {
    statements.push(match[0].slice(0, -1));
    rest = rest.slice(match[0].length);
  }
  return [...statements, rest].filter((statement) => statement.replaceAll(/--.*$/gm, "").trim() !== "");
}

function createdTable(text: string): string | undefined {
  return /^create (?:unlogged )?table (?:if not exists )?(?:public\.)?(\w+)/.exec(text)?.[1];
}

function addedColumns(text: string): string[] {
  const name = /^alter table (?:only )?(?:if exists )?(?:public\.)?(\w+)/.exec(text)?.[1];
  return name === undefined ? [] : [...text.matchAll(/\badd column (?:if not exists )?(\w+)/g)].map((match) => `${name}.${match[1]}`);
}
