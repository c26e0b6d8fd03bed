/**
 * What it takes to send a letter: somebody who carries it, and what its links are made of.
 *
 * @module
 */
import type { SendMail } from "@axon/contracts/mail";

export interface Mailer {
  send: SendMail;
  /** Where people open Axon, without a slash at the end: links in letters begin with it. */
  appUrl: string;
  /** Derive the tokens in letters, see `letterToken`: the first one does, the others did before. At least 32 bytes each. */
  letterSecrets: readonly string[];
}
