/**
 * The pieces of replies as they leave the workers, and the watch over them: numbered without a hole, never again, and none when
 * the reply has been over for two seconds.
 *
 * @module
 */
import type { DeltaSink } from "@axon/core/conversations";
import type { DeltaBuffer, ReplyRef } from "@axon/realtime/deltas";
import { createMemoryDeltas } from "@axon/realtime/memory-deltas";
import type { SimClock } from "./clock.ts";
import type { SeenTalk } from "./snapshot.ts";
import type { Actor, Stage } from "./stage.ts";
import { Violation } from "./violation.ts";

/** A worker that has not heard yet that its turn was taken may show this much more. */
const lateMsMax = 2_000;

export interface SimDeltas {
  open(actor: Actor, reply: ReplyRef): DeltaSink;
  read: DeltaBuffer["read"];
  /** Looks at what was shown in the light of what is committed. Throws the first violation. */
  check(talks: readonly SeenTalk[]): void;
  /** How many pieces were shown. */
  shown(): number;
}

interface Piece {
  reply: ReplyRef;
  writer: string;
  atMs: number;
}

export function createSimDeltas(stage: Stage, clock: SimClock): SimDeltas {
  const buffer = createMemoryDeltas({ nowMs: () => clock.nowMs() });
  const texts = new Map<string, string>();
  const writers = new Map<string, string>();
  const overSinceMs = new Map<string, { ms: number; how: string }>();
  let unchecked: Piece[] = [];
  let shown = 0;

  return {
    read: buffer.read,
    shown: () => shown,
    open(actor, reply) {
      let index = 0;
      let stopped = false;
      return {
        write(text) {
          if (stopped || text === "" || actor.state === "dead") return;
          shown += 1;
          texts.set(reply.replyId, (texts.get(reply.replyId) ?? "") + text);
          unchecked.push({ reply, writer: actor.name, atMs: clock.nowMs() });
          buffer.append(reply, index, [text]).catch(() => {});
          index += 1;
        },
        flush: () => stage.gate(actor, "pieces flushed"),
        stop: () => {
          stopped = true;
        },
      };
    },
    check(talks) {
      const completed = new Set([...overSinceMs].flatMap(([replyId, { how }]) => (how === "reply.completed" ? [replyId] : [])));
      const events = talks.flatMap((talk) => talk.events);
      for (const { type, replyId, text, seq } of events) {
        if (replyId === null || type === "reply.started") continue;
        if (type === "reply.completed" && texts.has(replyId) && texts.get(replyId) !== text && !overSinceMs.has(replyId))
          throw new Violation("a stream does not hold", `readers were shown "${texts.get(replyId)}", and event ${seq} says "${text}"`);
        if (!overSinceMs.has(replyId)) overSinceMs.set(replyId, { ms: clock.nowMs(), how: type });
      }
      for (const { reply, writer, atMs } of unchecked) {
        const other = writers.get(reply.replyId);
        if (other !== undefined && other !== writer)
          throw new Violation("a stream does not hold", `${other} and ${writer} write the same reply`);
        writers.set(reply.replyId, writer);
        if (completed.has(reply.replyId))
          throw new Violation("a stream does not hold", `${writer} shows a piece of a reply that is complete`);
        const over = overSinceMs.get(reply.replyId);
        if (over && atMs - over.ms > lateMsMax)
          throw new Violation("a stream does not hold", `a piece came ${atMs - over.ms} ms after ${over.how}`);
        if (!events.some(({ type, replyId }) => type === "reply.started" && replyId === reply.replyId))
          throw new Violation("told before it was so", "a piece came of a reply that nobody was told of");
      }
      unchecked = [];
    },
  };
}
