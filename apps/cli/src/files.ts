/**
 * From what was typed (files, folders, patterns) to the list of files to ingest.
 *
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { mimeOfName } from "@axon/client/mime";
import { uploadBytesMax } from "@axon/contracts/knowledge";
import { UsageError } from "./failure.ts";

export interface FoundFile {
  path: string;
  /** How the document will be called: the file's name, with its folder when it was found in one. */
  name: string;
  mime: string;
  bytes: number;
}

export interface Found {
  files: FoundFile[];
  /** Files that were named or found and can't be ingested, and why. */
  unfit: { path: string; reason: string }[];
  /** How many files of other kinds were passed over in folders. */
  passedOver: number;
}

export const filesMax = 10_000;
const depthMax = 32;

/** Expands paths relative to `cwd`. A folder gives every readable kind of file below it; hidden ones are left out. */
export async function findFiles(paths: readonly string[], cwd: string): Promise<Found> {
  const found: Found = { files: [], unfit: [], passedOver: 0 };
  const seen = new Set<string>();
  for (const path of paths) {
    const before = found.files.length + found.unfit.length + found.passedOver;
    await expand(found, seen, path, cwd);
    if (found.files.length + found.unfit.length + found.passedOver === before && !seen.has(resolve(cwd, path))) {
      found.unfit.push({ path, reason: "nothing found here" });
    }
  }
  return found;
}

async function expand(found: Found, seen: Set<string>, path: string, cwd: string): Promise<void> {
  const whole = resolve(cwd, path);
  const info = await stat(whole).catch(() => null);
  if (info?.isDirectory()) {
    for await (const file of walk(whole, 0)) await take(found, seen, file, relativeName(file, whole), false);
  } else if (info) {
    await take(found, seen, whole, basename(whole), true);
  } else if (/[*?]/.test(path)) {
    const pattern = globPattern(whole);
    const root = fixedFolder(whole);
    for await (const file of walk(root, 0)) if (pattern.test(file)) await take(found, seen, file, relativeName(file, root), true);
  }
}

async function take(found: Found, seen: Set<string>, path: string, name: string, named: boolean): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  if (found.files.length >= filesMax) throw new UsageError(`more than ${filesMax} files; ingest them in parts`);
  const mime = mimeOfName(path);
  if (mime === null) {
    if (named) found.unfit.push({ path, reason: "this kind of file can't be read (PDF, DOCX, HTML, Markdown, text and CSV can)" });
    else found.passedOver += 1;
    return;
  }
  const { size } = await stat(path);
  if (size > uploadBytesMax) found.unfit.push({ path, reason: `larger than ${uploadBytesMax / 1024 / 1024} MB` });
  else if (size === 0) found.unfit.push({ path, reason: "the file is empty" });
  else found.files.push({ path, name: name.slice(-255), mime, bytes: size });
}

async function* walk(folder: string, depth: number): AsyncGenerator<string> {
  if (depth > depthMax) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path, depth + 1);
    else if (entry.isFile()) yield path;
  }
}

function relativeName(file: string, root: string): string {
  return relative(root, file).split(sep).join("/");
}

/** The folder above the first wildcard. */
function fixedFolder(path: string): string {
  const parts = path.split(sep);
  const wild = parts.findIndex((part) => /[*?]/.test(part));
  return parts.slice(0, wild).join(sep) || sep;
}

/** `**` stands for any folders, `*` and `?` for anything within one name. */
function globPattern(path: string): RegExp {
  const parts = path.split(sep).map((part) => {
    if (part === "**") return "**";
    return part
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^/\\\\]*")
      .replaceAll("?", "[^/\\\\]");
  });
  const separator = "[/\\\\]";
  const text = parts.join(separator).replaceAll(`**${separator}`, `(?:[^/\\\\]+${separator})*`).replaceAll("**", ".*");
  return new RegExp(`^${text}$`);
}
