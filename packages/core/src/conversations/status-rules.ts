/**
 * The legal life of a conversation, as data: which status may follow which, and what comes with it. Knows nothing of who asks,
 * nor of rows: values in, values out.
 *
 * @module
 */
import type { ConversationStatus } from "@axon/contracts/conversations";
import { Refusal } from "../errors.ts";

/**
 * What may follow each status. `pending` waits for a person, `snoozed` for its hour. What is resolved opens again before it
 * becomes anything else, so that nobody waits, or sleeps, on a matter that is over.
 */
const transitions: Readonly<Record<ConversationStatus, readonly ConversationStatus[]>> = {
  open: ["pending", "snoozed", "resolved"],
  pending: ["open", "snoozed", "resolved"],
  snoozed: ["open", "pending", "resolved"],
  resolved: ["open"],
};

/** Refuses with `invalid_state`, naming both. To stay as it is, is always legal. */
export function requireTransition(from: ConversationStatus, to: ConversationStatus): void {
  if (from === to || transitions[from].includes(to)) return;
  throw new Refusal("invalid_state", `A conversation that is ${from} cannot become ${to}`, { from, to });
}

/** As what a snoozed conversation wakes: one in which a customer still waits for the person that they were promised, as that. */
export function wakesAs(row: { handler: "ai" | "member"; handoffReason: string | null; waitingSince: string | null }): "open" | "pending" {
  return row.handler === "ai" && row.handoffReason !== null && row.waitingSince !== null ? "pending" : "open";
}
