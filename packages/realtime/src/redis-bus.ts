/**
 * The bus over Redis pub/sub: one connection that publishes and one that listens, however many topics.
 *
 * After a reconnect it subscribes to everything again and tells every local listener that hints may have been missed.
 *
 * @module
 */
import type { Redis } from "ioredis";
import { type Bus, createListeners, type Listener } from "./bus.ts";

/** Hints on their way to a Redis that does not answer; beyond it they are dropped. */
const publishPendingMax = 10_000;
/** Channels in one SUBSCRIBE after a reconnect. */
const channelsPerCommandMax = 1_000;

export interface RedisBusOptions {
  /** Makes a connection; called twice, and `close` closes both. */
  connect: () => Redis;
  /** Before every channel name, so that several installations share a Redis. */
  prefix: string;
  /** Told of connection trouble; the bus goes on by itself. */
  onError?: (error: unknown) => void;
}

export function createRedisBus({ connect, prefix, onError = () => {} }: RedisBusOptions): Bus {
  const listeners = createListeners(onError);
  const readiness = new Map<string, Promise<void>>();
  const publisher = connect();
  const subscriber = connect();
  let pending = 0;
  let closed = false;

  publisher.on("error", onError);
  subscriber.on("error", onError);
  subscriber.on("message", (channel: string, payload: string) => listeners.tell(channel.slice(prefix.length), payload));
  subscriber.on("ready", () => {
    subscribeAgain().catch(onError);
  });

  async function subscribeAgain(): Promise<void> {
    const topics = listeners.topics();
    for (let at = 0; at < topics.length; at += channelsPerCommandMax) {
      const some = topics.slice(at, at + channelsPerCommandMax);
      await subscriber.subscribe(...some.map((topic) => prefix + topic));
      for (const topic of some) listeners.tell(topic, "");
    }
  }

  function stopListening(topic: string, listener: Listener): void {
    if (!listeners.remove(topic, listener) || closed) return;
    readiness.delete(topic);
    subscriber.unsubscribe(prefix + topic).catch(onError);
  }

  return {
    publish(topic, payload) {
      // Not kept for later: by then the poll will have found what the hint points at.
      if (closed || publisher.status !== "ready" || pending >= publishPendingMax) return;
      pending += 1;
      publisher
        .publish(prefix + topic, payload)
        .catch(onError)
        .finally(() => {
          pending -= 1;
        });
    },
    subscribe(topic, listener) {
      const own: Listener = (payload) => listener(payload);
      if (listeners.add(topic, own))
        readiness.set(
          topic,
          subscriber.subscribe(prefix + topic).then(() => {}, onError),
        );
      return { ready: readiness.get(topic) ?? Promise.resolve(), stop: () => stopListening(topic, own) };
    },
    async close() {
      closed = true;
      listeners.clear();
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}
