/**
 * What must hold once the faults are over and everything has come to rest.
 *
 * @module
 */
import type { Handed } from "./check-step.ts";
import type { SeenTalk, Snapshot } from "./snapshot.ts";
import { Violation } from "./violation.ts";

export const openStates: readonly string[] = ["received", "claimed", "thinking"];

/** Throws the first violation. `leftJob` says in words what is still queued. */
export function checkRest(seen: Snapshot, handed: readonly Handed[], leftJob: string | null): void {
  if (seen.outbox > 0) throw new Violation("a job was left behind", `${seen.outbox} jobs are still in the outbox`);
  if (leftJob !== null) throw new Violation("a job was left behind", leftJob);
  const lost = handed.find(({ acknowledged }) => !acknowledged);
  if (lost) throw new Violation("a message was lost", `"${lost.text}" was never acknowledged, however often it was sent`);
  for (const talk of seen.talks) {
    const open = talk.turns.find(({ state }) => openStates.includes(state));
    if (open) throw new Violation("a turn stayed open", `${open.id} is ${open.state}`);
    checkAnswered(talk);
    checkFallbacks(talk);
    checkStreamsEnded(talk);
  }
}

/** Whoever wrote was answered, or a person has been asked, or has it in hand, or said that it is over. */
function checkAnswered({ id, handler, status, messages }: SeenTalk): void {
  const last = messages.findLast(({ kind }) => kind === "contact");
  const answered = messages.some(({ kind, seq }) => kind !== "contact" && seq > (last?.seq ?? 0));
  if (last && !answered && handler === "ai" && status !== "pending" && status !== "resolved")
    throw new Violation("a question was left alone", `message ${last.seq} of ${id} has no answer, and nobody was asked`);
}

function checkFallbacks({ messages, turns, events }: SeenTalk): void {
  for (const turn of turns.filter(({ state }) => state === "handed_off")) {
    const asked = events.filter(({ type, turnId }) => type === "handoff.requested" && turnId === turn.id).length;
    const said = messages.filter(({ turnId }) => turnId === turn.id).length;
    if (asked !== 1 || said !== 1)
      throw new Violation(
        "a handoff without one fallback",
        `turn ${turn.id} asked for a person ${asked} times and told the customer ${said} times`,
      );
  }
}

function checkStreamsEnded({ id, events }: SeenTalk): void {
  const last = events.findLast(({ type }) => type.startsWith("reply."));
  if (last?.type === "reply.started")
    throw new Violation("a stream does not hold", `reply ${last.replyId} of ${id} was begun and never ended`);
}
