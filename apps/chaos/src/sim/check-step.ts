/**
 * What must hold at every moment, whatever has crashed: checked on what is committed.
 *
 * @module
 */
import type { SeenEvent, SeenTalk, Snapshot } from "./snapshot.ts";
import { Violation } from "./violation.ts";

/** A message that somebody handed in. */
export interface Handed {
  text: string;
  /** Its sender, and its place among theirs from 1. */
  by: string;
  number: number;
  acknowledged: boolean;
}

/** Throws the first violation. `firstPlace` is the number after which the run's events begin in the workspace's stream. */
export function checkStep(seen: Snapshot, before: Snapshot | null, handed: readonly Handed[], firstPlace: number): void {
  checkHanded(seen, handed);
  for (const talk of seen.talks) {
    checkNumbers(talk);
    checkReplies(talk);
    checkTakeover(talk);
    checkStory(talk);
    checkAppended(
      talk,
      before?.talks.find(({ id }) => id === talk.id),
    );
  }
  const places = seen.talks.flatMap(({ events }) => events.map(({ place }) => place)).sort((one, other) => one - other);
  places.forEach((place, at) => {
    if (place !== firstPlace + at + 1)
      throw new Violation("a number is missing", `the workspace's stream has ${place} where ${firstPlace + at + 1} belongs`);
  });
}

function checkHanded(seen: Snapshot, handed: readonly Handed[]): void {
  const told = seen.talks.flatMap(({ messages }) => messages);
  for (const { text, acknowledged } of handed) {
    const times = told.filter((message) => message.text === text).length;
    if (acknowledged && times === 0) throw new Violation("a message was lost", `"${text}" was acknowledged and is not there`);
    if (times > 1) throw new Violation("a message was doubled", `"${text}" is there ${times} times`);
  }
  for (const talk of seen.talks) {
    const last = new Map<string, number>();
    for (const { text } of talk.messages) {
      const own = handed.find((one) => one.text === text);
      if (!own) continue;
      if ((last.get(own.by) ?? 0) > own.number)
        throw new Violation("the order was turned round", `"${text}" stands after what ${own.by} said later`);
      last.set(own.by, own.number);
    }
  }
}

function checkNumbers({ id, messages, events, messageSeq, eventSeq }: SeenTalk): void {
  const gap = (what: string, seqs: number[], last: number) => {
    const wrong = seqs.findIndex((seq, at) => seq !== at + 1);
    if (wrong >= 0 || seqs.length !== last)
      throw new Violation("a number is missing", `${what} of ${id} are numbered ${seqs.join(", ")} and the last is said to be ${last}`);
  };
  gap(
    "messages",
    messages.map(({ seq }) => seq),
    messageSeq,
  );
  gap(
    "events",
    events.map(({ seq }) => seq),
    eventSeq,
  );
  const told = events.flatMap((event) => (event.type === "message.created" ? [event.messageSeq] : []));
  if (told.join() !== messages.map(({ seq }) => seq).join())
    throw new Violation("a stream does not hold", `messages ${messages.map(({ seq }) => seq)} were told as ${told}`);
}

/** One visible reply for each turn, below the question that it answers, and with no question in between. */
function checkReplies({ messages, turns }: SeenTalk): void {
  for (const { id, state, lastSeq } of turns) {
    const replies = messages.filter(({ turnId }) => turnId === id);
    if (replies.length > 1) throw new Violation("a reply was doubled", `turn ${id} has ${replies.length} replies`);
    const [reply] = replies;
    if (state === "settled" && !reply) throw new Violation("a message was lost", `turn ${id} is settled without a reply`);
    if (state === "superseded" && reply) throw new Violation("a reply was doubled", `turn ${id} was superseded, and spoke`);
    if (!reply) continue;
    if (reply.seq <= lastSeq) throw new Violation("the order was turned round", `reply ${reply.seq} stands before its question ${lastSeq}`);
    const between = messages.find(({ kind, seq }) => kind === "contact" && seq > lastSeq && seq < reply.seq);
    if (between)
      throw new Violation("the order was turned round", `reply ${reply.seq} talks over message ${between.seq}, which it does not answer`);
  }
  const spoken = messages.filter(({ kind, turnId }) => kind === "ai" && turnId === null);
  if (spoken.length > 0) throw new Violation("a reply was doubled", `message ${spoken[0]?.seq} of the agent answers no turn`);
}

function checkTakeover({ events }: SeenTalk): void {
  let taken = false;
  for (const { type, handler, author, messageSeq } of events) {
    if (type === "conversation.updated" && handler !== null) taken = handler === "member";
    if (type !== "message.created") continue;
    if (author === "member") taken = true;
    if (author === "ai" && taken)
      throw new Violation("a reply came after a takeover", `message ${messageSeq} of the agent, while a person has the conversation`);
  }
}

const endings = ["reply.completed", "reply.failed", "reply.superseded"];

/** A reply begins once, ends at most once, and two are never told at the same time. */
function checkStory({ id, events }: SeenTalk): void {
  let open: string | null = null;
  const begun = new Set<string>();
  const complain = (event: SeenEvent, why: string) =>
    new Violation("a reply's story does not hold", `${why} (event ${event.seq} of ${id}, ${event.type})`);
  for (const event of events) {
    if (event.type === "reply.started") {
      if (open !== null) throw complain(event, "a reply begins while another is being made");
      if (event.replyId === null || begun.has(event.replyId)) throw complain(event, "a reply begins twice");
      open = event.replyId;
      begun.add(event.replyId);
    } else if (endings.includes(event.type)) {
      if (event.replyId !== open) throw complain(event, "a reply ends that is not being made");
      open = null;
    }
  }
}

/** The log only grows: who reads it in pieces reads the same. */
function checkAppended(talk: SeenTalk, before: SeenTalk | undefined): void {
  const changed = before?.events.find((event, at) => JSON.stringify(event) !== JSON.stringify(talk.events[at]));
  if (changed) throw new Violation("a stream does not hold", `event ${changed.seq} of ${talk.id} is not what it was`);
}
