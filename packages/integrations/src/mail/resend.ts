/**
 * Letters through Resend.
 *
 * The SDK never throws: its answers are read here and told apart into sent, never to be sent, and perhaps later.
 *
 * @module
 */
import type { LetterOutcome, SendMail } from "@axon/contracts/mail";
import { Resend } from "resend";

export interface ResendOptions {
  apiKey: string;
  /** The sender: `Axon <axon@example.com>`. */
  from: string;
  /** Resend's own address when left out. */
  baseUrl?: string;
}

/** Longest wait for an answer, in milliseconds. */
const answerMsMax = 10_000;

/** A letter did not get through, and may another time. */
export class MailFailed extends Error {
  override readonly name = "MailFailed";
  readonly code: string;

  constructor(name: string, statusCode: number | null) {
    super(`the mail service did not take a letter: ${name}${statusCode === null ? "" : ` (${statusCode})`}`);
    this.code = name;
  }
}

/** The letter's id is its idempotency key: Resend delivers a letter that is handed over twice once. */
export function createResendMail({ apiKey, from, baseUrl }: ResendOptions): SendMail {
  const resend = new Resend(apiKey, baseUrl === undefined ? {} : { baseUrl });
  return async ({ id, to, subject, text, html }, signal) => {
    const { error } = await resend.emails.send(
      { from, to, subject, text, html },
      { idempotencyKey: id, signal: AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]) },
    );
    return error === null ? { outcome: "sent" } : verdict(error);
  };
}

/** Its messages may name the address, so only its word for the error goes on. */
function verdict({ name, statusCode }: { name: string; statusCode: number | null }): LetterOutcome {
  // The key was used with other words: a letter under this id has left before.
  if (name === "invalid_idempotent_request") return { outcome: "sent" };
  if (statusCode === 400 || statusCode === 422) return { outcome: "refused", reason: `${name} (${statusCode})` };
  // Too many at once, an outage, or a key or domain that its owner has yet to set right.
  throw new MailFailed(name, statusCode);
}
