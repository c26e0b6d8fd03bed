/**
 * The development mailbox: letters as files, for where no mail service is set up. Sends nothing to anybody.
 *
 * Each letter is `<id>.json` with all there is to it, and its two forms beside it for reading: `<id>.txt` and `<id>.html`.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SendMail, StoredLetter } from "@axon/contracts/mail";

export interface MailFolderOptions {
  /** Made when first needed, for its owner only: the links in letters open accounts. */
  dir: string;
  /** Letters beyond this many are removed, oldest first. */
  lettersMax?: number;
}

const from = "Axon <axon@localhost>";
const idPattern = /^[A-Za-z0-9_-]{1,100}$/;
const forms = ["json", "txt", "html"] as const;

/** The same letter handed over again takes the place of the first. */
export function createMailFolder({ dir, lettersMax = 200 }: MailFolderOptions): SendMail {
  return async (letter) => {
    if (!idPattern.test(letter.id)) throw new Error("a letter's id is letters, digits, _ and -");
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const stored: StoredLetter = { ...letter, from, sentAt: new Date().toISOString() };
    // The one that is looked for comes last, so that whoever finds it finds the others as well.
    await put(join(dir, `${letter.id}.txt`), letter.text);
    await put(join(dir, `${letter.id}.html`), letter.html);
    await put(join(dir, `${letter.id}.json`), `${JSON.stringify(stored, null, 2)}\n`);
    await prune(dir, lettersMax);
    return { outcome: "sent" };
  };
}

/** A reader sees the whole file or none. */
async function put(path: string, content: string): Promise<void> {
  const making = `${path}.${randomUUID()}.tmp`;
  await writeFile(making, content, { mode: 0o600 });
  await rename(making, path);
}

async function prune(dir: string, lettersMax: number): Promise<void> {
  const ids = (await readdir(dir)).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
  if (ids.length <= lettersMax) return;
  const dated = await Promise.all(ids.map(async (id) => ({ id, at: await changedAt(join(dir, `${id}.json`)) })));
  const old = dated.sort((one, other) => other.at - one.at).slice(lettersMax);
  await Promise.all(old.flatMap(({ id }) => forms.map((form) => rm(join(dir, `${id}.${form}`), { force: true }))));
}

/** 0 when another writer has removed it meanwhile. */
async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}
