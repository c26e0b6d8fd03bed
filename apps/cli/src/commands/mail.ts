/**
 * `axon mail`: shows the letters of the development mailbox, for where no mail service is set up.
 *
 * It reads the folder and asks no server; what is in it was written by whoever carries letters.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { StoredLetter } from "@axon/contracts/mail";
import { UsageError } from "../failure.ts";
import { type Io, remark, say } from "../io.ts";

interface MailOptions {
  /** The data folder of the server. */
  home: string;
  cwd: string;
  /** The text of the newest letter, instead of a list. */
  latest?: boolean;
  json?: boolean;
}

/** Lists the letters, newest last, or prints the newest. Ends with 1 when there is none to print. */
export async function mail(io: Io, { home, cwd, latest, json }: MailOptions): Promise<number> {
  const folder = join(resolve(cwd, home), "mail");
  const letters = await readLetters(folder);
  const shown = latest ? letters.slice(-1) : letters;
  if (shown.length === 0 && !json) {
    remark(io, `No letters in ${folder}.`);
    return latest ? 1 : 0;
  }
  if (json) say(io, JSON.stringify(latest ? (shown[0] ?? null) : shown));
  else if (latest) say(io, shown.map(whole).join("\n"));
  else for (const letter of shown) say(io, line(io, letter));
  return 0;
}

function line({ style }: Io, { sentAt, to, subject, text }: StoredLetter): string {
  const link = /https?:\/\/\S+/.exec(text)?.[0];
  return `${style.faint(sentAt)}  ${to}  ${style.strong(subject)}${link ? `\n  ${link}` : ""}`;
}

function whole({ from, to, sentAt, subject, text }: StoredLetter): string {
  return `From: ${from}\nTo: ${to}\nDate: ${sentAt}\nSubject: ${subject}\n\n${text}`;
}

async function readLetters(folder: string): Promise<StoredLetter[]> {
  const names = (await readNames(folder)).filter((name) => name.endsWith(".json"));
  const letters = await Promise.all(names.map((name) => readLetter(join(folder, name))));
  return letters.flatMap((letter) => letter ?? []).sort((one, other) => (one.sentAt < other.sentAt ? -1 : 1));
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw new UsageError(`${folder} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Null when it was removed meanwhile, as the oldest are, or is no letter. */
async function readLetter(path: string): Promise<StoredLetter | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return isLetter(value) ? value : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || error instanceof SyntaxError) return null;
    throw error;
  }
}

function isLetter(value: unknown): value is StoredLetter {
  const fields = ["id", "from", "to", "subject", "text", "html", "sentAt"];
  return typeof value === "object" && value !== null && fields.every((name) => typeof Reflect.get(value, name) === "string");
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
