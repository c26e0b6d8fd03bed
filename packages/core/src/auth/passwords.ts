/**
 * Password hashing that cannot starve the rest of the server.
 *
 * bcrypt runs on the same few threads as everything else that is slow, so at most cores − 1 hashes run at once and a
 * bounded number wait (measured: without this a login storm took other routes from 1 ms to over a second).
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/bcrypt";
import { Refusal } from "../errors.ts";

export interface Passwords {
  /** bcrypt hash of a password of at most 72 bytes. Refuses with `busy` when too many wait. */
  hash(password: string): Promise<string>;
  /** True when the password is the hash's. With null it does the same work and gives false, so that unknown e-mails take as long. */
  verify(password: string, passwordHash: string | null): Promise<boolean>;
  /** True when the hash was made at a lower cost than today's. */
  needsUpgrade(passwordHash: string): boolean;
  /** How many hashes are being made and how many wait for their turn. */
  stats(): { running: number; waiting: number };
}

const waitingMax = 200;
/** New passwords wait in so many of these places at most: sign-ups by the hundred must leave room for those who come back. */
const newPasswordsMax = 100;

/** `cost` is bcrypt's (12 in production; tests take less). */
export function createPasswords(options: { cost: number; parallelMax?: number }): Passwords {
  const parallelMax = options.parallelMax ?? Math.max(1, availableParallelism() - 1);
  const waiting: (() => void)[] = [];
  let running = 0;
  let decoy: Promise<string> | null = null;

  async function queued<Result>(placesMax: number, work: () => Promise<Result>): Promise<Result> {
    if (running >= parallelMax) {
      if (waiting.length >= placesMax) throw new Refusal("busy", "Too many sign-ins at once, try again in a moment");
      await new Promise<void>((go) => waiting.push(go)); // Whoever ends hands its place over, so `running` stays as it is.
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return {
    hash: (password) => queued(newPasswordsMax, () => hash(password, { cost: options.cost })),
    verify: (password, passwordHash) =>
      queued(waitingMax, async () => {
        decoy ??= hash("no account has this password", { cost: options.cost });
        const matches = await verify(password, passwordHash ?? (await decoy));
        return matches && passwordHash !== null;
      }),
    needsUpgrade: (passwordHash) => Number(/^\$2[aby]\$([0-9]{2})\$/.exec(passwordHash)?.[1] ?? 0) < options.cost,
    stats: () => ({ running, waiting: waiting.length }),
  };
}
