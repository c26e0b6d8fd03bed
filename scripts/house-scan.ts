/**
 * Reads a TypeScript file just far enough to see its imports: comments and the insides of strings are set aside, so a
 * sentence about `import` is not mistaken for one. (TypeScript 7 has no API to ask for a syntax tree.)
 *
 * @module
 */
export interface ImportSeen {
  /** What stands between the quotes; null for a computed one. */
  to: string | null;
  typeOnly: boolean;
  /** A `new URL(…)`: names a file to read or start, not a module to link. */
  url: boolean;
  line: number;
}

export interface ScannedFile {
  /** The code with comments blanked and every string replaced by `"‹number›"`; line numbers are unchanged. */
  code: string;
  imports: ImportSeen[];
}

/** Finds static imports, re-exports, `import type`, dynamic imports, `require`, and relative `new URL(…)`. */
export function scanFile(source: string): ScannedFile {
  const { code, strings } = setAside(source);
  const imports: ImportSeen[] = [];
  const add = (at: number, to: string | null, typeOnly: boolean, url = false) =>
    imports.push({ to, typeOnly, url, line: lineOf(code, at) });
  const text = (number: string | undefined) => strings[Number(number)] ?? "";

  for (const { index, groups } of code.matchAll(
    /\b(?:import|export)\b(?<type>\s+type\b(?!\s*(?:,|from\b)))?(?<what>[^;"'()=]*?)\bfrom\s*"‹(?<to>\d+)›"/g,
  )) {
    add(index, text(groups?.to), groups?.type !== undefined || onlyTypesIn(groups?.what ?? ""));
  }
  for (const { index, groups } of code.matchAll(/\bimport\s*"‹(?<to>\d+)›"/g)) add(index, text(groups?.to), false);
  for (const { index, groups } of code.matchAll(
    /(?<before>typeof\s+)?\b(?:import|require)\s*\(\s*(?:"‹(?<to>\d+)›"|(?<computed>[^)\s]))/g,
  )) {
    add(index, groups?.computed ? null : text(groups?.to), groups?.before !== undefined);
  }
  for (const { index, groups } of code.matchAll(/\bnew\s+URL\s*\(\s*"‹(?<to>\d+)›"/g)) {
    if (text(groups?.to).startsWith(".")) add(index, text(groups?.to), false, true);
  }
  return { code, imports };
}

/** The 1-based line of a position. */
export function lineOf(code: string, at: number): number {
  return code.slice(0, at).split("\n").length;
}

function onlyTypesIn(what: string): boolean {
  const names = /^\s*\{(?<names>[^}]*)\}\s*$/
    .exec(what)
    ?.groups?.names?.split(",")
    .filter((name) => name.trim() !== "");
  return names !== undefined && names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}

function setAside(source: string): { code: string; strings: string[] } {
  const strings: string[] = [];
  let code = "";
  let at = 0;
  /** Open braces of each template hole we are inside of. */
  const holes: number[] = [];

  const keep = (literal: string) => {
    code += `"‹${strings.length}›"${blank(literal)}`;
    strings.push(literal);
  };
  const template = () => {
    const start = at;
    while (at < source.length && source[at] !== "`" && !source.startsWith("${", at)) at += source[at] === "\\" ? 2 : 1;
    keep(source.slice(start, at));
    if (source[at] === "`") at += 1;
    else if (at < source.length) {
      holes.push(0);
      at += 2;
      code += "+(";
    }
  };

  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    const char = source[at] ?? "";
    if (rest === "//") at = endOf(source, "\n", at);
    else if (rest === "/*") {
      const end = endOf(source, "*/", at + 2) + 2;
      code += ` ${blank(source.slice(at, end))}`;
      at = end;
    } else if (char === '"' || char === "'") {
      const end = literalEnd(source, at, char);
      keep(source.slice(at + 1, end));
      at = end + 1;
    } else if (char === "`") {
      at += 1;
      template();
    } else if (char === "/" && regexMayStart(code)) {
      const end = regexEnd(source, at);
      code += "/regex/";
      at = end;
    } else if (char === "}" && holes.at(-1) === 0) {
      holes.pop();
      code += ")+";
      at += 1;
      template();
    } else {
      const depth = holes.length - 1;
      if (depth >= 0 && (char === "{" || char === "}")) holes[depth] = (holes[depth] ?? 0) + (char === "{" ? 1 : -1);
      code += char;
      at += 1;
    }
  }
  return { code, strings };
}

function endOf(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from);
  return at === -1 ? source.length : at;
}

function literalEnd(source: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") at += source[at] === "\\" ? 2 : 1;
  return at;
}

function regexMayStart(code: string): boolean {
  const before = code.slice(-30).trimEnd();
  return before === "" || /[(,=:[!&|?{};+\-*%~^<>]$/.test(before) || /\b(?:return|typeof|case|of|in|do|else|await|yield)$/.test(before);
}

function regexEnd(source: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < source.length && source[at] !== "\n") {
    if (source[at] === "\\") at += 1;
    else if (source[at] === "[") inClass = true;
    else if (source[at] === "]") inClass = false;
    else if (source[at] === "/" && !inClass) return at + 1;
    at += 1;
  }
  return start + 1; // It was a division after all.
}

function blank(text: string): string {
  return "\n".repeat(text.split("\n").length - 1);
}
