/**
 * Reads a folder of question sets: `<set>.passages.jsonl.gz` beside `<set>.questions.jsonl.gz`. Other people's files, so
 * each line is checked and a bad one is named.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";

const passage = z.object({
  id: z.string(),
  doc_id: z.string(),
  title: z.string().default(""),
  text: z.string(),
  lang: z.string().optional(),
});
const question = z.object({
  id: z.string(),
  text: z.string(),
  answerable: z.boolean().nullable(),
  gold: z.array(z.string()).default([]),
  answers: z.array(z.string()).default([]),
  lang: z.string().optional(),
  faq: z.string().optional(),
  history: z.array(z.object({ role: z.string(), text: z.string() })).default([]),
});
export type EvalPassage = z.output<typeof passage>;
export type EvalQuestion = z.output<typeof question>;

export interface EvalSet {
  name: string;
  passages: EvalPassage[];
  questions: EvalQuestion[];
}

/** Sets whose questions are asked of another set's passages. */
const asksOf: Readonly<Record<string, string>> = { squad2_offtopic: "squad2" };
const bytesMax = 512 * 1024 * 1024;
const unzip = promisify(gunzip);

/** The sets of a folder by name. Throws an Error that names the file and line when something is not in the format. */
export async function readSets(folder: string): Promise<EvalSet[]> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith(".questions.jsonl.gz"))
    .map((name) => name.replace(".questions.jsonl.gz", ""));
  if (names.length === 0) throw new Error(`no *.questions.jsonl.gz in ${folder}`);
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      passages: await readLines(join(folder, `${asksOf[name] ?? name}.passages.jsonl.gz`), passage),
      questions: await readLines(join(folder, `${name}.questions.jsonl.gz`), question),
    })),
  );
}

/** Tells the folder from another: the beginning of the SHA-256 of its sets, by name. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(folder)).filter((one) => one.endsWith(".jsonl.gz")).sort()) {
    hash.update(name).update(await unzip(await readFile(join(folder, name)), { maxOutputLength: bytesMax }));
  }
  return hash.digest("hex").slice(0, 12);
}

async function readLines<Item>(path: string, shape: z.ZodType<Item>): Promise<Item[]> {
  const text = (await unzip(await readFile(path), { maxOutputLength: bytesMax })).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, index) => {
      const parsed = shape.safeParse(JSON.parse(line));
      if (!parsed.success) throw new Error(`${path}, line ${index + 1}: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    });
}
