/**
 * The bus carries hints between processes: "look there". It may lose any of them; the log may not.
 *
 * It knows topics and strings, nothing of what they mean. An empty payload is the bus's own word: "hints may have been missed".
 *
 * @module
 */

export type Listener = (payload: string) => void;

export interface Subscription {
  /** Resolves once hints published from now on are heard, or when that could not be had (then they are only late). Never rejects. */
  ready: Promise<void>;
  /** Ends it; calling twice is the same as once. */
  stop(): void;
}

export interface Bus {
  /** Sends a hint to every listener of the topic in every process, this one included. Never throws: a lost hint is only lateness. */
  publish(topic: string, payload: string): void;
  subscribe(topic: string, listener: Listener): Subscription;
  close(): Promise<void>;
}

/** Who listens to what in this process. Both buses stand on it. */
export interface Listeners {
  /** True when this is the topic's first listener. */
  add(topic: string, listener: Listener): boolean;
  /** True when this was the topic's last listener. */
  remove(topic: string, listener: Listener): boolean;
  /** A listener that throws is reported and does not keep the others from hearing. */
  tell(topic: string, payload: string): void;
  topics(): string[];
  clear(): void;
}

export function createListeners(onError: (error: unknown) => void): Listeners {
  const byTopic = new Map<string, Set<Listener>>();
  return {
    add(topic, listener) {
      const known = byTopic.get(topic);
      if (known) known.add(listener);
      else byTopic.set(topic, new Set([listener]));
      return known === undefined;
    },
    remove(topic, listener) {
      const known = byTopic.get(topic);
      if (!known?.delete(listener) || known.size > 0) return false;
      return byTopic.delete(topic);
    },
    tell(topic, payload) {
      for (const listener of byTopic.get(topic) ?? []) {
        try {
          listener(payload);
        } catch (error) {
          onError(error);
        }
      }
    },
    topics: () => [...byTopic.keys()],
    clear: () => byTopic.clear(),
  };
}

/** A bus within one process, for standalone and tests. Delivers before `publish` returns. */
export function createMemoryBus(onError: (error: unknown) => void = () => {}): Bus {
  const listeners = createListeners(onError);
  const ready = Promise.resolve();
  return {
    publish: (topic, payload) => listeners.tell(topic, payload),
    subscribe(topic, listener) {
      const own: Listener = (payload) => listener(payload); // Its own identity, so one function may listen twice.
      listeners.add(topic, own);
      return { ready, stop: () => void listeners.remove(topic, own) };
    },
    async close() {
      listeners.clear();
    },
  };
}
