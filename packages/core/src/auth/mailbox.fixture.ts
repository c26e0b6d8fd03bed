/**
 * The mailbox of core's tests: letters are written as the worker's job writes them, and kept instead of carried.
 *
 * @module
 */
import type { LetterOutcome, OutgoingLetter } from "@axon/contracts/mail";
import { mail } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { and, asc, eq, isNull } from "drizzle-orm";
import type { Scene } from "../scene.fixture.ts";
import { type AccountMailDeps, sendAccountMail } from "./index.ts";

export interface Mailbox {
  letters: OutgoingLetter[];
  deps: AccountMailDeps;
  /** Queues what the next hand-overs meet instead of being kept. */
  script(...steps: (() => LetterOutcome)[]): void;
  /** Sends what waits for this address and gives the letters it got in all, oldest first. */
  lettersTo(email: string): Promise<OutgoingLetter[]>;
  /** Sends what waits and gives the token of the newest letter to this address with such a link. */
  tokenFor(email: string, path: "/verify-email" | "/reset-password"): Promise<string>;
}

const signal = new AbortController().signal;

export function openMailbox({ database, auth }: Scene): Mailbox {
  const letters: OutgoingLetter[] = [];
  const steps: (() => LetterOutcome)[] = [];
  const deps: AccountMailDeps = {
    database,
    mailer: {
      appUrl: "https://app.example",
      letterSecrets: auth.refreshSecrets,
      send: async (letter) => {
        const step = steps.shift();
        if (step) return step();
        letters.push(letter);
        return { outcome: "sent" };
      },
    },
  };
  const lettersTo = async (email: string) => {
    const waiting = await withAccount(database, {}, (tx) =>
      tx
        .select({ id: mail.id })
        .from(mail)
        .where(and(eq(mail.email, email), isNull(mail.doneAt)))
        .orderBy(asc(mail.id)),
    );
    for (const { id } of waiting) await sendAccountMail(deps, { mailId: id }, { signal });
    return letters.filter(({ to }) => to === email);
  };
  return {
    letters,
    deps,
    script: (...more) => void steps.push(...more),
    lettersTo,
    tokenFor: async (email, path) => {
      const found = (await lettersTo(email)).findLast(({ text }) => text.includes(path));
      return /\?token=([\w-]+)/.exec(found?.text ?? "")?.[1] ?? "";
    },
  };
}
