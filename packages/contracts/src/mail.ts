/**
 * Letters: the port that those who write them share with whoever carries them. No mail service, no address book.
 *
 * @module
 */

/** A finished letter. */
export interface OutgoingLetter {
  /** The same id is the same letter: whoever carries it delivers it once, however often it is handed over. 1 to 100 characters. */
  id: string;
  /** An e-mail address. */
  to: string;
  /** One line. */
  subject: string;
  text: string;
  html: string;
}

/** `refused`: this letter will never be taken, trying again is no use. `reason` names no address. */
export type LetterOutcome = { outcome: "sent" } | { outcome: "refused"; reason: string };

/** Hands a letter over. Throws when it may work later. */
export type SendMail = (letter: OutgoingLetter, signal: AbortSignal) => Promise<LetterOutcome>;

/** A letter as it lies in the development mailbox, as `<id>.json` beside its `.txt` and `.html`. */
export interface StoredLetter extends OutgoingLetter {
  from: string;
  /** ISO. */
  sentAt: string;
}
