/**
 * Markdown to blocks, by lines: headings, fences, lists, tables and paragraphs. Marks of emphasis, links and images become their words,
 * front matter and comments go. It reads the shapes people write, not every corner of CommonMark.
 *
 * @module
 */
import type { BlockList } from "../block-list.ts";
import { tableColumnsMax } from "../limits.ts";

const frontMatter = /^(?:---\n[\s\S]*?\n(?:---|\.\.\.)|\+\+\+\n[\s\S]*?\n\+\+\+)[^\S\n]*(?:\n|$)/;
const fence = /^\s{0,3}(`{3,}|~{3,})/;
const heading = /^\s{0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const listItem = /^(\s*)(?:[-*+]|\d{1,9}[.)])\s+(.*)$/;
const tableRule = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** Adds the blocks of a Markdown text; gives the front matter's title or the first heading of level 1, or null. */
export function readMarkdown(text: string, out: BlockList): string | null {
  const front = frontMatter.exec(text)?.[0] ?? "";
  const lines = text
    .slice(front.length)
    .replace(/<!--[\s\S]*?-->/g, "")
    .split("\n");
  const state = { title: /^title\s*[:=]\s*["']?(.*?)["']?\s*$/m.exec(front)?.[1] ?? null, pending: [] as string[] };
  let i = 0;
  while (i < lines.length) {
    const next =
      readCode(lines, i, state.pending, out) ?? readTable(lines, i, state.pending, out) ?? readList(lines, i, state.pending, out);
    if (next === null) {
      readLine(lines, i, state, out);
      i++;
    } else i = next;
  }
  flush(state.pending, out);
  return state.title;
}

function flush(pending: string[], out: BlockList): void {
  if (pending.length > 0) out.paragraph(pending.map(inlineText).join("\n"));
  pending.length = 0;
}

function readLine(lines: readonly string[], i: number, state: { title: string | null; pending: string[] }, out: BlockList): void {
  const line = lines[i] ?? "";
  const hashes = heading.exec(line);
  const underline = state.pending.length > 0 ? /^\s{0,3}(=+|-{2,})\s*$/.exec(line)?.[1] : undefined;
  if (hashes || underline) {
    const level = hashes ? (hashes[1]?.length ?? 1) : underline?.startsWith("=") ? 1 : 2;
    const words = inlineText(hashes ? (hashes[2] ?? "") : state.pending.splice(0).join(" "));
    flush(state.pending, out);
    out.heading(words, level);
    if (level === 1) state.title ??= words.trim() || null;
  } else if (line.trim() === "" || /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/.test(line)) flush(state.pending, out);
  else if (!/^\s{0,3}\[[^\]]+\]:\s*\S+/.test(line)) state.pending.push(line.replace(/^\s*(?:>\s?)+/, ""));
}

function readCode(lines: readonly string[], start: number, pending: string[], out: BlockList): number | null {
  const mark = fence.exec(lines[start] ?? "")?.[1];
  if (!mark) return null;
  flush(pending, out);
  let end = start + 1;
  while (end < lines.length && !(lines[end] ?? "").trim().startsWith(mark)) end++;
  out.code(lines.slice(start + 1, end).join("\n"));
  return end + 1;
}

function readTable(lines: readonly string[], start: number, pending: string[], out: BlockList): number | null {
  const rule = lines[start + 1] ?? "";
  if (!(lines[start] ?? "").includes("|") || !rule.includes("-") || !rule.includes("|") || !tableRule.test(rule)) return null;
  flush(pending, out);
  let end = start + 2;
  while (end < lines.length && (lines[end] ?? "").includes("|")) end++;
  const rows = [lines[start] ?? "", ...lines.slice(start + 2, end)];
  out.table(rows.map(cells));
  return end;
}

function cells(row: string): string[] {
  const inner = row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/, tableColumnsMax).map((cell) => inlineText(cell.replaceAll("\\|", "|")));
}

function readList(lines: readonly string[], start: number, pending: string[], out: BlockList): number | null {
  if (!listItem.test(lines[start] ?? "")) return null;
  flush(pending, out);
  const items: string[] = [];
  let i = start;
  for (; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const item = listItem.exec(line);
    if (item) items.push(`${"  ".repeat(Math.min(8, Math.floor((item[1] ?? "").length / 2)))}- ${inlineText(item[2] ?? "")}`);
    else if (line.trim() === "") {
      // A list goes on over an empty line only if another item or an indented line follows.
      if (!listItem.test(lines[i + 1] ?? "") && !/^\s{2,}\S/.test(lines[i + 1] ?? "")) break;
    } else if (fence.test(line) || heading.test(line)) break;
    else items.push(`${items.pop() ?? ""} ${inlineText(line.trim())}`);
  }
  out.list(items);
  return i;
}

/** The words of a line without its marks. Bounded repeats keep hostile lines from costing more than their length. */
function inlineText(line: string): string {
  return line
    .replace(/!\[([^\]]{0,1000})\](?:\([^)]{0,4000}\)|\[[^\]]{0,200}\])?/g, "$1")
    .replace(/\[([^\]]{1,4000})\](?:\([^)]{0,4000}\)|\[[^\]]{0,200}\])/g, "$1")
    .replace(/<((?:https?:|mailto:)[^>\s]{1,2000})>/g, "$1")
    .replace(/<\/?[a-z][^<>]{0,2000}>/gi, "")
    .replace(/(`+)([^`]{1,4000})\1/g, "$2")
    .replace(/(\*{1,3}|~~)(?=\S)([^*~]{0,4000}\S)\1/g, "$2")
    .replace(/(?<![\p{L}\p{N}_])(_{1,3})(?=\S)([^_]{1,4000})\1(?![\p{L}\p{N}_])/gu, "$2")
    .replace(/\\([\\`*_{}[\]()#+.!|<>~-])/g, "$1");
}
