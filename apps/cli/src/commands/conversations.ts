/**
 * `axon conversations …`: the inbox on the command line. Lists to read, verbs to act, an export to keep; `--json` for scripts.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import { type Conversation, channelKinds, conversationPriorities, conversationStatuses, type Message } from "@axon/contracts/conversations";
import type { MessageHit } from "@axon/contracts/inbox";
import type { Command } from "commander";
import { UsageError } from "../failure.ts";
import { type Io, readAll, remark, say } from "../io.ts";
import { shorten } from "../render.ts";

interface JsonOption {
  json?: boolean;
}

type WithClient = (work: (client: AxonClient) => Promise<number>) => Promise<void>;

/** Items of one page, and those that a list shows at most. */
const pageMax = 100;
const itemsMax = 1_000;
const noteCharsMax = 8_000;

/** Adds the command to the program. */
export function addConversationCommands(program: Command, io: Io, withClient: WithClient): void {
  const conversations = program
    .command("conversations")
    .description("the workspace's conversations: list, read, search, note, assign, resolve, export");
  conversations
    .command("list", { isDefault: true })
    .description("the newest message first")
    .option("--status <status>", conversationStatuses.join(", "))
    .option("--assignee <who>", "me, none, or a member's id")
    .option("--tag <tag>")
    .option("--priority <priority>", conversationPriorities.join(", "))
    .option("--channel <kind>", channelKinds.join(", "))
    .option("--text <words>", "those with a message that has all the words")
    .option("--limit <count>", `how many, up to ${itemsMax}`, "20")
    .option("--json", "print them as JSON")
    .action((options: ListOptions) => withClient((client) => listConversations(client, io, options)));
  conversations
    .command("counts")
    .description("how much there is in each corner of the inbox")
    .option("--json", "print the counts as JSON")
    .action((options: JsonOption) => withClient((client) => showCounts(client, io, options)));
  conversations
    .command("show")
    .description("one conversation with what was said in it, notes included")
    .argument("<id>")
    .option("--json", "print it as JSON")
    .action((id: string, options: JsonOption) => withClient((client) => showConversation(client, io, id, options)));
  conversations
    .command("search")
    .description("messages that have all the words, the newest first")
    .argument("<words...>")
    .option("--limit <count>", `how many, up to ${itemsMax}`, "20")
    .option("--json", "print them as JSON")
    .action((words: string[], options: { limit: string } & JsonOption) =>
      withClient((client) => searchMessages(client, io, words, options)),
    );
  conversations
    .command("note")
    .description("write a note for the team; without words it is read from a pipe")
    .argument("<id>")
    .argument("[words...]")
    .option("--json", "print the note as JSON")
    .action((id: string, words: string[], options: JsonOption) => withClient((client) => addNote(client, io, { id, words }, options)));
  conversations
    .command("assign")
    .description("give it to a member, by e-mail address or id, or to nobody: none")
    .argument("<id>")
    .argument("<member>")
    .option("--json", "print the conversation as JSON")
    .action((id: string, member: string, options: JsonOption) => withClient((client) => assign(client, io, { id, member }, options)));
  conversations
    .command("resolve")
    .description("say that it is done")
    .argument("<id>")
    .option("--json", "print the conversation as JSON")
    .action((id: string, options: JsonOption) =>
      withClient(async (client) =>
        tell(io, await client.api.conversations.setStatus.mutate({ conversationId: id, status: "resolved" }), options),
      ),
    );
  conversations
    .command("export")
    .description("all of it, to be kept: as JSON, or as text to be read")
    .argument("<id>")
    .option("--text", "as text")
    .action((id: string, options: { text?: boolean }) => withClient((client) => exportConversation(client, io, id, options)));
}

interface ListOptions extends JsonOption {
  status?: string;
  assignee?: string;
  tag?: string;
  priority?: string;
  channel?: string;
  text?: string;
  limit: string;
}

/** Prints a line for each. */
export async function listConversations(client: AxonClient, io: Io, options: ListOptions): Promise<number> {
  const { assignee, tag, text } = options;
  const filter = {
    ...(options.status === undefined ? {} : { status: oneOf(conversationStatuses, options.status, "--status") }),
    ...(options.priority === undefined ? {} : { priority: oneOf(conversationPriorities, options.priority, "--priority") }),
    ...(options.channel === undefined ? {} : { channelKind: oneOf(channelKinds, options.channel, "--channel") }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(tag === undefined ? {} : { tag }),
    ...(text === undefined ? {} : { text }),
  };
  const { items, more } = await pages(countOf(options.limit), (limit, cursor) =>
    client.api.conversations.list.query({ ...filter, limit, cursor }),
  );
  if (options.json) say(io, JSON.stringify(items));
  else if (items.length === 0) remark(io, "There are none.");
  else for (const item of items) say(io, lineOf(io, item));
  if (more && !options.json) remark(io, io.style.faint("There are more: --limit shows them."));
  return 0;
}

/** Prints the counts; one that reached its cap as `10000+`. */
export async function showCounts(client: AxonClient, io: Io, { json }: JsonOption): Promise<number> {
  const counts = await client.api.conversations.counts.query();
  if (json) say(io, JSON.stringify(counts));
  else for (const [name, { count, more }] of Object.entries(counts)) say(io, `${name.padEnd(12)} ${count}${more ? "+" : ""}`);
  return 0;
}

/** Prints the conversation and its messages, oldest first. */
export async function showConversation(client: AxonClient, io: Io, id: string, { json }: JsonOption): Promise<number> {
  const conversation = await client.api.conversations.get.query({ conversationId: id });
  const { items, more } = await pages(itemsMax, (limit, cursor) =>
    client.api.conversations.messages.list.query({ conversationId: id, limit, cursor }),
  );
  if (json) {
    say(io, JSON.stringify({ conversation, messages: items }));
    return 0;
  }
  say(io, lineOf(io, conversation));
  for (const message of items) say(io, `\n${headOf(io, message)}\n${message.text}`);
  if (more) remark(io, io.style.faint(`These are the first ${itemsMax}: \`axon conversations export ${id}\` has all.`));
  return 0;
}

/** Prints each hit with the piece of the message around it, its words marked where the terminal can. */
export async function searchMessages(
  client: AxonClient,
  io: Io,
  words: readonly string[],
  { limit, json }: { limit: string } & JsonOption,
): Promise<number> {
  const query = words.join(" ");
  const { items, more } = await pages(
    countOf(limit),
    (count, cursor) => client.api.conversations.search.query({ query, limit: count, cursor }),
    50,
  );
  if (json) say(io, JSON.stringify(items));
  else if (items.length === 0) remark(io, "Nothing was found.");
  else for (const hit of items) say(io, `${lineOf(io, hit.conversation)}\n  ${headOf(io, hit.message)} ${marked(io, hit.snippet)}`);
  if (more && !json) remark(io, io.style.faint("There are more: --limit shows them."));
  return 0;
}

async function addNote(client: AxonClient, io: Io, note: { id: string; words: readonly string[] }, { json }: JsonOption): Promise<number> {
  const piped = note.words.length === 0 && !io.interactive ? await readAll(io.stdin, noteCharsMax) : "";
  const text = (note.words.join(" ") || piped).trim();
  if (text === "") throw new UsageError('Note something: axon conversations note ID "Ask the warehouse"');
  const { message } = await client.api.conversations.note.mutate({ conversationId: note.id, text });
  say(io, json ? JSON.stringify(message) : `${io.style.good("Noted")} as message ${message.seq}.`);
  return 0;
}

async function assign(client: AxonClient, io: Io, given: { id: string; member: string }, options: JsonOption): Promise<number> {
  const accountId = given.member === "none" ? null : await memberNamed(client, given.member);
  return tell(io, await client.api.conversations.assign.mutate({ conversationId: given.id, accountId }), options);
}

async function memberNamed(client: AxonClient, wanted: string): Promise<string> {
  const { items } = await pages(itemsMax, (limit, cursor) => client.api.workspaces.members.list.query({ limit, cursor }));
  const found = items.find(({ id, email }) => id === wanted || email?.toLowerCase() === wanted.toLowerCase());
  if (!found) throw new UsageError(`There is no member “${wanted}” here.`);
  return found.id;
}

/** Prints page after page as it comes: JSON a line for each, text as one. */
async function exportConversation(client: AxonClient, io: Io, id: string, { text }: { text?: boolean }): Promise<number> {
  let cursor: string | undefined;
  do {
    const page = await client.api.conversations.export.query({ conversationId: id, format: text ? "text" : "json", cursor });
    say(io, text ? (page.text ?? "") : JSON.stringify(page));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return 0;
}

function tell(io: Io, conversation: Conversation, { json }: JsonOption): number {
  say(io, json ? JSON.stringify(conversation) : lineOf(io, conversation));
  return 0;
}

interface ReadPage<Item> {
  items: Item[];
  nextCursor: string | null;
}

async function pages<Item>(
  max: number,
  read: (limit: number, cursor: string | undefined) => Promise<ReadPage<Item>>,
  perPage = pageMax,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(Math.min(perPage, max - items.length), cursor);
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < max);
  return { items, more: cursor !== undefined };
}

function countOf(limit: string): number {
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > itemsMax) throw new UsageError(`--limit is a number from 1 to ${itemsMax}.`);
  return count;
}

function oneOf<Value extends string>(values: readonly Value[], given: string, option: string): Value {
  const found = values.find((value) => value === given);
  if (found === undefined) throw new UsageError(`${option} is one of ${values.join(", ")}.`);
  return found;
}

const contactWidth = 24;
const statusWidth = 9;

/** `2026-11-23 03:00  open      Kim Lee …  high  @Ada  #refund`, with its id at the end. */
function lineOf({ style }: Io, conversation: Conversation): string {
  const { id, contact, status, priority, assignee, handler, tags, lastMessageAt } = conversation;
  const who = shorten(contact.name ?? contact.email ?? contact.externalId ?? "visitor", contactWidth).padEnd(contactWidth);
  const painted = status === "open" ? style.good : status === "pending" ? style.warn : style.faint;
  const marks = [
    ...(priority === "normal" ? [] : [priority === "urgent" ? style.bad(priority) : priority]),
    assignee ? `@${assignee.name}` : handler === "ai" ? "agent" : "nobody",
    ...tags.map((tag) => style.accent(`#${tag}`)),
  ];
  return `${momentOf(lastMessageAt)}  ${painted(status.padEnd(statusWidth))} ${who} ${marks.join("  ")}  ${style.faint(id)}`;
}

function headOf(
  { style }: Io,
  { seq, author, visibility, createdAt }: Pick<Message, "seq" | "author" | "visibility" | "createdAt">,
): string {
  const who = author.name ?? { contact: "customer", ai: "agent", member: "team", system: "Axon" }[author.kind];
  return `${style.faint(`#${seq} ${momentOf(createdAt)}`)} ${style.strong(who)}${visibility === "internal" ? style.warn(" (note)") : ""}`;
}

function marked({ style }: Io, { text, hits }: MessageHit["snippet"]): string {
  let line = "";
  let from = 0;
  for (const { start, end } of hits) {
    line += text.slice(from, start) + style.accent(text.slice(start, end));
    from = end;
  }
  return line + text.slice(from);
}

function momentOf(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}
