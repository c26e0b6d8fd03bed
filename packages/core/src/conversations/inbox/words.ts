/**
 * The words of messages, as they are kept and as they are asked for. Each begins with its workspace's mark, so that in the one
 * index of all workspaces a word of this one leads to its own messages only. (What keeps others out is the fence, not the mark.)
 *
 * @module
 */
import { analyze } from "@axon/ai/lexical/analyze";
import { placesOf, wordsToFind } from "@axon/ai/lexical/find-words";
import { quoteLexeme } from "@axon/ai/lexical/tsvector";
import type { MessageHit } from "@axon/contracts/inbox";
import { messageWords } from "@axon/db/schema/inbox";
import { sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";

/** Bytes of a workspace's id that its mark is made of: two workspaces with one mark would only be slower. */
const markBytes = 6;

function markOf(workspaceId: string): string {
  // The end of a UUIDv7 is random, its beginning is a time.
  return `${Buffer.from(workspaceId.replaceAll("-", ""), "hex").subarray(-markBytes).toString("base64url")}:`;
}

/** A message's words, each once, as a literal for `::tsvector`. */
export function messageLexemes(workspaceId: string, text: string): string {
  const mark = markOf(workspaceId);
  const lexemes = new Set(analyze(text).map(({ lexeme }) => lexeme.replaceAll("\u0000", "")));
  lexemes.delete("");
  return [...lexemes].map((lexeme) => quoteLexeme(mark + lexeme)).join(" ");
}

interface Worded {
  id: string;
  conversationId: string;
  text: string;
}

/** Keeps the words of a message of this commit, so that it is found. */
export async function keepWords(ws: WorkspaceCtx, { id, conversationId, text }: Worded): Promise<void> {
  const words = messageLexemes(ws.workspaceId, text);
  await ws.tx.insert(messageWords).values({ workspaceId: ws.workspaceId, messageId: id, conversationId, words: sql`${words}::tsvector` });
}

export interface Asked {
  /** What `words` must match, for `::tsquery`. */
  tsquery: string;
  lexemes: ReadonlySet<string>;
}

/** What a query asks for: one of each word's forms. Null for a query without words, which finds nothing. */
export function askedFor(workspaceId: string, query: string): Asked | null {
  const mark = markOf(workspaceId);
  const words = wordsToFind(query);
  if (words.length === 0) return null;
  const tsquery = words.map((forms) => `(${forms.map((form) => quoteLexeme(mark + form)).join(" | ")})`).join(" & ");
  return { tsquery, lexemes: new Set(words.flat()) };
}

/** Characters of a snippet, and how many of them come before the first hit. */
const snippetChars = 200;
const charsBefore = 60;

/** The piece of a text around its first hit, cut at words, with the places of all hits in it. */
export function snippetOf(text: string, { lexemes }: Asked): MessageHit["snippet"] {
  const places = placesOf(text, lexemes);
  const first = places[0]?.start ?? 0;
  const from = first <= charsBefore ? 0 : wordStart(text, first - charsBefore);
  const to = text.length <= from + snippetChars ? text.length : wordEnd(text, from, from + snippetChars);
  const before = from > 0 ? "…" : "";
  const hits = places
    .filter(({ start, end }) => start >= from && end <= to)
    .map(({ start, end }) => ({ start: start - from + before.length, end: end - from + before.length }));
  // White space of one kind, so that a line is a line; places stay as they are.
  return { text: `${before}${text.slice(from, to).replaceAll(/\s/g, " ")}${to < text.length ? "…" : ""}`, hits };
}

function wordStart(text: string, at: number): number {
  const space = text.slice(at, at + charsBefore).search(/\s/);
  return space < 0 ? whole(text, at) : at + space + 1;
}

function wordEnd(text: string, from: number, at: number): number {
  const space = text.slice(from, at).search(/\s\S*$/);
  return space <= snippetChars / 2 ? whole(text, at) : from + space;
}

/** Not in the middle of a character. */
function whole(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
