/**
 * How conversations of a channel live: when one is opened again, when a quiet one is closed, who is asked how it went, and how
 * much an agent says before it is taken for talking to a machine.
 *
 * @module
 */
import { z } from "zod";

/** One conversation of a contact at a time, or as many as are begun. */
const threadModes = ["one", "many"] as const;

const closingText = z.string().trim().min(1).max(2000);
/** The longest that a conversation may be quiet, or stay open to its customer: a year. */
const yearMinutes = 365 * 24 * 60;

/** As it is kept and given: what is left out is as `talkDefaults` says. */
export const talkRules = {
  /** A customer who writes within so many hours after the end opens it again; later, another conversation begins. */
  reopen: z
    .strictObject({
      withinHours: z
        .int()
        .min(0)
        .max(yearMinutes / 60),
    })
    .optional(),
  /** Whether a contact who is named, and begins another conversation, goes on in the one under way. Not on `web`: there it is one. */
  threads: z.enum(threadModes).optional(),
  /** Resolves what has been quiet so long after an answer, and says `message` with it. null: never. */
  autoResolve: z
    .strictObject({ afterMinutes: z.int().min(5).max(yearMinutes), message: closingText.optional() })
    .nullable()
    .optional(),
  /** Asks the customer how it went when a conversation is resolved, by an event, and by `message` where there is one. */
  csat: z.strictObject({ enabled: z.boolean(), message: closingText.optional() }).optional(),
  /**
   * An agent that has given one contact so many replies within a minute, or twice as many within ten, is silent there for
   * `muteMinutes`, and people are told. null: never.
   */
  loopGuard: z
    .strictObject({ repliesPerMinute: z.int().min(2).max(600), muteMinutes: z.int().min(1).max(1440) })
    .nullable()
    .optional(),
} as const;

const stored = z.object(talkRules);
type TalkSettings = z.infer<typeof stored>;
/** The rules in force. */
export type TalkRules = { [Name in keyof TalkSettings]-?: Exclude<TalkSettings[Name], undefined> };

const talkDefaults = {
  reopen: { withinHours: 72 },
  autoResolve: null,
  csat: { enabled: false },
  loopGuard: { repliesPerMinute: 20, muteMinutes: 30 },
} as const satisfies Partial<TalkRules>;

/** What is in force on a channel of this kind with these settings. */
export function talkRulesOf(kind: string, { reopen, threads, autoResolve, csat, loopGuard }: TalkSettings): TalkRules {
  return {
    reopen: reopen ?? talkDefaults.reopen,
    threads: kind === "web" ? "one" : (threads ?? "many"),
    autoResolve: autoResolve ?? null,
    csat: csat ?? talkDefaults.csat,
    loopGuard: loopGuard === undefined ? talkDefaults.loopGuard : loopGuard,
  };
}
