/**
 * Customers and members under way: they start conversations, send, read along and take over, and ask again until they are answered.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AxonClient } from "@axon/client/client";
import type { StreamEvent } from "@axon/contracts/events";
import type { Handed } from "../sim/check-step.ts";
import { type Random, randomOf } from "../sim/random.ts";

export interface Load {
  handed: Handed[];
  /** What was wrong with a stream, in words. */
  streams: string[];
  /** Requests that failed and were made again. */
  retries(): number;
  /** Resolves when everybody has said what they began to say. */
  ended: Promise<void>;
}

export interface LoadOptions {
  seed: string;
  /** One for each server; requests go to any of them. */
  clients: readonly AxonClient[];
  agentId: string;
  customers: number;
  /** Aborted when nothing new is to be begun. */
  stop: AbortSignal;
}

const messagesMax = 3;
const takenShare = 0.3;
const waitMsMax = 1_500;
const retryMs = 300;
/** Longest that one request is tried, however long the outages. */
const tryMsMax = 180_000;
/** A stream is read on for this long after its last message. */
const readOnMs = 3_000;

export function startLoad(options: LoadOptions): Load {
  const handed: Handed[] = [];
  const streams: string[] = [];
  let retries = 0;

  async function insist<Result>(random: Random, ask: (client: AxonClient) => Promise<Result>): Promise<Result> {
    const end = Date.now() + tryMsMax;
    for (;;) {
      const client = options.clients[random.below(options.clients.length)];
      try {
        if (client) return await Promise.race([ask(client), tooLong()]);
      } catch (error) {
        if (Date.now() > end) throw error;
        retries += 1;
      }
      await sleep(retryMs + random.below(retryMs));
    }
  }

  async function talk(name: string, random: Random): Promise<void> {
    const say = async (by: string, number: number, send: (text: string, clientMessageId: string) => Promise<void>) => {
      const text = `Within how many days are returns accepted? (${name}, ${by} ${number})`;
      const one: Handed = { text, by: `${name} ${by}`, number, acknowledged: false };
      handed.push(one);
      await send(text, `${name}-${by}-${number}`);
      one.acknowledged = true;
    };
    let conversationId = "";
    let lastEventId = "0";
    await say("customer", 1, async (text, clientMessageId) => {
      const started = await insist(random, ({ api }) =>
        api.conversations.start.mutate({ agentId: options.agentId, text, clientMessageId }),
      );
      conversationId = started.conversation.id;
      lastEventId = started.conversation.lastEventId;
    });
    const over = new AbortController();
    const reading = read(conversationId, lastEventId, over.signal, random);
    const send = (as: "contact" | "member") => async (text: string, clientMessageId: string) => {
      await insist(random, ({ api }) => api.conversations.send.mutate({ conversationId, text, clientMessageId, as }));
    };
    const messages = 1 + random.below(messagesMax);
    for (let number = 2; number <= messages; number++) {
      await sleep(random.below(waitMsMax));
      await say("customer", number, send("contact"));
    }
    if (random.chance(takenShare)) {
      await sleep(random.below(waitMsMax));
      await say("member", 1, send("member"));
    }
    await sleep(readOnMs);
    over.abort();
    await reading;
  }

  /** Reads along, through every cut, and looks at each number. */
  async function read(conversationId: string, from: string, over: AbortSignal, random: Random): Promise<void> {
    const watch = watchOver(from, (problem) => streams.push(`${conversationId}: ${problem}`));
    let lastEventId = from;
    while (!over.aborted) {
      const client = options.clients[random.below(options.clients.length)];
      try {
        for await (const { id, event } of client?.follow.conversation({ conversationId, lastEventId }, { signal: over }) ?? []) {
          lastEventId = id;
          watch(id, event);
        }
      } catch {
        await sleep(retryMs); // The server is away; the place is kept.
      }
    }
  }

  async function customer(number: number): Promise<void> {
    const random = randomOf(options.seed, "customer", number);
    for (let talks = 1; !options.stop.aborted; talks++) await talk(`c${number}t${talks}`, random);
  }

  const ended = Promise.all(Array.from({ length: options.customers }, (_, number) => customer(number))).then(() => {});
  ended.catch(() => {}); // Whoever waits for it is told.
  return { handed, streams, retries: () => retries, ended };
}

const answerMsMax = 15_000;

function tooLong(): Promise<never> {
  return sleep(answerMsMax, undefined, { ref: false }).then(() => {
    throw new Error("no answer in time");
  });
}

/** Complains of a number that is left out or comes again, and of a piece of a reply that does. */
function watchOver(from: string, complain: (problem: string) => void): (id: string, event: StreamEvent) => void {
  let seq = Number.parseInt(from, 10);
  const pieces = new Map<string, number>();
  return (id, event) => {
    if (event.type === "reply.delta") {
      const due = pieces.get(event.replyId) ?? 0;
      if (event.index !== due) complain(`piece ${event.index} of a reply came when ${due} was due`);
      pieces.set(event.replyId, event.index + 1);
      return;
    }
    if (event.type === "resync" || event.type === "typing" || event.type === "presence") return;
    const next = Number.parseInt(id, 10);
    if (next !== seq + 1) complain(`event ${next} came after ${seq}`);
    seq = next;
  };
}
