/**
 * A provider that outlives trouble: a breaker for each model, and another model that answers when the first cannot. The
 * other is asked only while nothing of a reply has been shown; two models' words never stand in one reply.
 *
 * Wraps providers and knows none of them. Embeddings have no stand-in, since vectors of two models cannot be compared; theirs
 * is a breaker only.
 *
 * @module
 */
import {
  AiError,
  type AiProvider,
  type BreakerReading,
  type ChatModel,
  type ChatPart,
  type ChatRequest,
  type Embedder,
} from "../provider.ts";
import { type Breaker, type BreakerPolicy, breakerPolicy, createBreaker } from "./breaker.ts";
import { startPatience } from "./patience.ts";

export interface ResilienceOptions {
  /** Answers when the first provider cannot; null: nobody does. Only its chat is used. */
  fallback: AiProvider | null;
  /** How long the first may be silent, tries included, before the fallback is asked. */
  patienceMs?: number;
  policy?: BreakerPolicy;
  /** Milliseconds of a clock that never goes back. */
  nowMs?: () => number;
  /** A breaker has changed. Must not throw. */
  onChange?: (reading: BreakerReading) => void;
}

/** Models with a breaker of their own; agents name few. */
const breakersMax = 100;
/** Two thirds of a minute's reply are left to the fallback. */
const patienceMsDefault = 20_000;

/** The first provider, guarded. Its embedder and chat keep their ids; `breakers()` tells how all breakers stand. */
export function createResilientProvider(first: AiProvider, options: ResilienceOptions): AiProvider {
  const {
    fallback,
    patienceMs = patienceMsDefault,
    policy = breakerPolicy,
    nowMs = () => performance.now(),
    onChange = () => {},
  } = options;
  const all = new Map<string, { reading: Omit<BreakerReading, "state">; breaker: Breaker }>();
  const breakerOf = (server: BreakerReading["server"], purpose: BreakerReading["purpose"], model: string): Breaker => {
    const key = JSON.stringify([server, purpose, model]);
    const found = all.get(key);
    if (found) return found.breaker;
    const reading = { server, purpose, model };
    const breaker = createBreaker(policy, nowMs, (state) => onChange({ ...reading, state }));
    if (all.size >= breakersMax) makeRoom(all);
    all.set(key, { reading, breaker });
    return breaker;
  };
  const guard = (server: BreakerReading["server"], chat: ChatModel): Guarded => ({
    chat,
    breakerOf: (model) => breakerOf(server, "chat", model),
  });
  return {
    ...first,
    chat: withFallback(guard("first", first.chat), fallback && guard("fallback", fallback.chat), patienceMs),
    embedder: guardEmbedder(first.embedder, breakerOf("first", "embed", first.embedder.id)),
    embedderOf: (id) => {
      const embedder = first.embedderOf(id);
      return embedder && guardEmbedder(embedder, breakerOf("first", "embed", id));
    },
    breakers: () => [...all.values()].map(({ reading, breaker }) => ({ ...reading, state: breaker.state() })),
  };
}

/** The oldest one that has nothing to tell goes; when all have, the oldest. */
function makeRoom(all: Map<string, { breaker: Breaker }>): void {
  const quiet = [...all].find(([, { breaker }]) => breaker.state() === "closed");
  const [oldest] = quiet ?? [...all.keys()];
  if (oldest !== undefined) all.delete(oldest);
}

interface Guarded {
  chat: ChatModel;
  breakerOf: (model: string) => Breaker;
}

function withFallback(first: Guarded, fallback: Guarded | null, patienceMs: number): ChatModel {
  return {
    id: first.chat.id,
    async *stream(request, { signal }) {
      let shown = false;
      try {
        for await (const part of guarded(first, request, signal, fallback && patienceMs)) {
          shown ||= isShown(part);
          yield part;
        }
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (fallback === null || shown || !anotherMay(error)) throw error;
      }
      // The model an agent names belongs to the first; the fallback speaks with its own.
      yield* guarded(fallback, { ...request, model: null }, signal, null);
    },
  };
}

/** One model's reply behind its breaker. `patienceMs`: how long it may show nothing; null: as long as the model's own limits let it. */
async function* guarded(
  { chat, breakerOf }: Guarded,
  request: ChatRequest,
  signal: AbortSignal | undefined,
  patienceMs: number | null,
): AsyncGenerator<ChatPart> {
  const model = request.model ?? chat.id;
  const breaker = breakerOf(model);
  const pass = breaker.enter();
  if (pass === null) {
    yield { type: "try", model, outcome: "breaker_open", ms: 0 };
    throw turnedAway(model, breaker);
  }
  const startedMs = performance.now();
  const patience = startPatience(patienceMs, signal);
  let verdict: Parameters<typeof pass.end>[0] = "unknown";
  try {
    for await (const part of chat.stream(request, { signal: patience.signal })) {
      if (isShown(part)) patience.enough();
      yield part;
    }
    verdict = "ok";
  } catch (error) {
    signal?.throwIfAborted();
    verdict = isVendorsTrouble(error) ? "failed" : "ok";
    if (patience.signal.aborted) yield { type: "try", model, outcome: "timeout", ms: Math.round(performance.now() - startedMs) };
    throw error;
  } finally {
    patience.close();
    pass.end(verdict);
  }
}

/**
 * An embedder behind its breaker. Documents are never turned away, because their jobs wait by themselves and can be asked
 * again; how they end is counted all the same.
 */
function guardEmbedder(embedder: Embedder, breaker: Breaker): Embedder {
  return {
    ...embedder,
    async embed(texts, options) {
      const pass = breaker.enter();
      if (pass === null && options.kind === "query") throw turnedAway(embedder.id, breaker);
      let verdict: "ok" | "failed" | "unknown" = "unknown";
      try {
        const vectors = await embedder.embed(texts, options);
        verdict = "ok";
        return vectors;
      } catch (error) {
        if (!options.signal?.aborted) verdict = isVendorsTrouble(error) ? "failed" : "ok";
        throw error;
      } finally {
        pass?.end(verdict);
      }
    },
  };
}

function turnedAway(model: string, breaker: Breaker): AiError {
  const seconds = Math.ceil(breaker.waitMs() / 1000);
  return new AiError("unavailable", `${model} failed again and again; it is not asked for another ${seconds} s`, {
    retryAfterMs: breaker.waitMs(),
  });
}

function isShown(part: ChatPart): boolean {
  return part.type === "text" || part.type === "action" || part.type === "refusal";
}

/** Trouble that the next call will most likely meet too: the vendor is down, busy, unpaid or does not know us. */
function isVendorsTrouble(error: unknown): boolean {
  return error instanceof AiError && (error.retryable || error.code === "quota" || error.code === "auth");
}

/** Whether another model may do better: not when the first declined to answer, for that is an answer. */
function anotherMay(error: unknown): boolean {
  return error instanceof AiError && error.code !== "refused" && error.code !== "aborted";
}
