/**
 * Guessing made slow, without giving anybody the means to lock somebody else out.
 *
 * A guess is counted before it is looked at, so that parallel ones can't pass a limit together, and given back when it was
 * right. Only the count of one account at one place rises with wrong guesses alone, or twenty tabs of one person would be
 * taken for a guesser; it is asked again before the right one is let in, so that of a hundred at once no more than the
 * limit's are told anything. What a stranger can fill up is the stranger's own: a place from which the account has been used lately is held
 * to its own count only, and every count passes by itself. Knows no password.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Limits, RateLimit } from "@axon/contracts/limits";
import { Refusal } from "../errors.ts";

const quarterHour = 900;
const hour = 3600;

/** One count: how much, and whose. */
export interface Count {
  limit: RateLimit;
  key: string;
}

const counter =
  (limit: RateLimit) =>
  (...whose: (string | null)[]): Count => ({ limit, key: keyOf(whose) });

/** What is counted, and by what. Addresses of people are `email`, of machines `ip`. */
export const counts = {
  /** email, ip */
  guessesAtOnePlace: counter({ name: "sign-in-email-ip", points: 10, seconds: quarterHour }),
  /** ip */
  guessesFromOnePlace: counter({ name: "sign-in-ip", points: 300, seconds: quarterHour }),
  /** email; only for places that the account has not been used from */
  guessesFromStrangePlaces: counter({ name: "sign-in-email", points: 30, seconds: quarterHour }),
  /** account, ip */
  codesAtOnePlace: counter({ name: "totp-ip", points: 5, seconds: quarterHour }),
  /** account; only for places that the account has not been used from */
  codesFromStrangePlaces: counter({ name: "totp", points: 20, seconds: quarterHour }),
  /** account, session: what is asked again of somebody who is signed in */
  passwordsInSession: counter({ name: "password-session", points: 10, seconds: quarterHour }),
  /** account, session */
  codesInSession: counter({ name: "totp-session", points: 5, seconds: quarterHour }),
  /** ip */
  signUps: counter({ name: "sign-up-ip", points: 1_000, seconds: hour }),
  /** ip */
  resetsFromOnePlace: counter({ name: "reset-ip", points: 20, seconds: hour }),
  /** email */
  resetsOfOneAddress: counter({ name: "reset-email", points: 3, seconds: hour }),
  /** account */
  verifications: counter({ name: "verify-account", points: 3, seconds: hour }),
} as const;

/** One try at something that can be guessed. */
export interface Attempt {
  /** Counts it. Refuses with `rate_limited` when there is no room, and then it was not counted. */
  count(...counts: Count[]): Promise<void>;
  /** It was right, or nothing was looked at: gives back all that was counted. */
  release(): Promise<void>;
}

export function openAttempt(limits: Limits): Attempt {
  const held: Count[] = [];
  const release = async () => {
    for (const { limit, key } of held.splice(0)) await limits.take(limit, key, -1);
  };
  return {
    count: async (...wanted) => {
      for (const { limit, key } of wanted) {
        const allowance = await limits.take(limit, key);
        held.push({ limit, key });
        if (allowance.ok) continue;
        await release();
        throw tooMany(allowance.retryAfterMs);
      }
    },
    release,
  };
}

/**
 * Runs `guess` as a try that is counted: it stays counted when `guess` refuses with one of `wrong`, and is given back when it
 * succeeds or fails for another reason.
 */
export async function guessing<Result>(
  limits: Limits,
  wrong: readonly Refusal["reason"][],
  guess: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  const attempt = openAttempt(limits);
  try {
    const result = await guess(attempt);
    await attempt.release();
    return result;
  } catch (error) {
    if (!(error instanceof Refusal && wrong.includes(error.reason))) await attempt.release();
    throw error;
  }
}

/** Refuses with `rate_limited` when there is no room for another wrong guess. Counts nothing: many who are right may come at once. */
export async function refuseWhenFull(limits: Limits, { limit, key }: Count): Promise<void> {
  const allowance = await limits.peek(limit, key);
  if (!allowance.ok) throw tooMany(allowance.retryAfterMs);
}

/** Counts a guess that was wrong. Refuses with `rate_limited` when others that came at the same time have filled the room. */
export async function countWrong(limits: Limits, { limit, key }: Count): Promise<void> {
  const allowance = await limits.take(limit, key);
  if (!allowance.ok) throw tooMany(allowance.retryAfterMs);
}

export function tooMany(retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", "Too many tries, wait a while", { retryAfterMs });
}

/** The network that one customer of a provider has: the address itself, of an IPv6 address its first 64 bits. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const plain = ip.split("%")[0] ?? ip;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  const whole = [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...after];
  return whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/** Hashed, so that whoever reads the counters reads no addresses. */
function keyOf(whose: readonly (string | null)[]): string {
  return createHash("sha256").update(JSON.stringify(whose)).digest("hex").slice(0, 32);
}
