/**
 * Reading the mailbox of a test.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { StoredLetter } from "@axon/contracts/mail";

const waitMsMax = 20_000;

/** Every letter in the folder, oldest first. */
export function lettersIn(folder: string): StoredLetter[] {
  const letters = namesIn(folder).map((name): StoredLetter => JSON.parse(readFileSync(join(folder, name), "utf8")));
  return letters.sort((one, other) => (one.sentAt < other.sentAt ? -1 : 1));
}

/** Waits for a letter to this address whose subject fits. */
export async function letterTo(folder: string, email: string, subject: RegExp): Promise<StoredLetter> {
  for (const endsAt = Date.now() + waitMsMax; Date.now() < endsAt; await setTimeout(50)) {
    const found = lettersIn(folder).findLast((letter) => letter.to === email && subject.test(letter.subject));
    if (found) return found;
  }
  throw new Error(`no letter about ${subject.source} came; there are: ${lettersIn(folder).map((letter) => letter.subject)}`);
}

/** The token in the letter's link. */
export function tokenIn({ text }: StoredLetter): string {
  return /[?&]token=([\w-]+)/.exec(text)?.[1] ?? "";
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return []; // Nothing was ever sent.
  }
}
