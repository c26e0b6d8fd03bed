/**
 * One socket that speaks tRPC's wire format: connection parameters first where they are announced, calls alone or in batches,
 * `subscription.stop`, PING and PONG.
 *
 * It refuses to know who calls and what they may: that is in the context it is given and in the procedures.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { parseConnectionParamsFromUnknown } from "@trpc/server/http";
import { parseTRPCMessage, type TRPCClientOutgoingMessage } from "@trpc/server/rpc";
import type { WebSocket } from "ws";
import { addressOf } from "./frames.ts";
import type { KeepAlive, KeptAlive } from "./keep-alive.ts";
import { type Outlet, Subscription } from "./subscription.ts";
import type { Failure, WireRouter } from "./wire.ts";

/** A limit below the socket's own is never reached by its count: then time has to do. */
const notYetMs = 20;

/** What all connections of a process share. */
export interface Shared {
  router: WireRouter;
  keepAlive: KeepAlive;
  unreadBytesMax: number;
  onFailure(failure: Failure): void;
}

export type Params = ReturnType<typeof parseConnectionParamsFromUnknown>;

type CallMessage = Exclude<TRPCClientOutgoingMessage, { method: "subscription.stop" }>;

interface Call {
  path: string | undefined;
  type: "query" | "mutation" | "subscription" | "unknown";
  input: unknown;
}
const noCall: Call = { path: undefined, type: "unknown", input: undefined };

export class Connection implements KeptAlive {
  heardAtMs = performance.now();
  askedAtMs = 0;
  stalled: KeptAlive["stalled"] = null;
  readonly #shared: Shared;
  readonly #socket: WebSocket;
  /** What the socket stands on. Frames that many share go straight to it. */
  readonly #stream: Duplex;
  readonly #contextOf: (params: Params) => unknown;
  /** Null until the parameters have come. */
  #context: Promise<unknown> | null = null;
  #subscriptions: Map<number | string, Subscription> | null = null;
  #waiting: (() => void)[] | null = null;

  constructor(shared: Shared, socket: WebSocket, stream: Duplex, contextOf: (params: Params) => unknown) {
    this.#shared = shared;
    this.#socket = socket;
    this.#stream = stream;
    this.#contextOf = contextOf;
  }

  /** Makes the context now, for a caller who announced no parameters. */
  open(): void {
    this.#makeContext(() => null);
  }

  hear(data: unknown, isBinary: boolean): void {
    this.heardAtMs = performance.now();
    this.askedAtMs = 0;
    if (isBinary || !Buffer.isBuffer(data)) this.#refuse(new TRPCError({ code: "UNPROCESSABLE_CONTENT", message: "Messages are JSON" }));
    else this.#read(data.toString());
  }

  #read(text: string): void {
    if (text === "PING") this.#socket.send("PONG");
    else if (text !== "PONG" && this.#context === null) this.#makeContext(() => paramsOf(text));
    else if (text !== "PONG") for (const [position, message] of this.#messagesOf(text).entries()) this.#take(message, position);
  }

  /** The messages of a batch, or the one; none where they can't be read, which is said. */
  #messagesOf(text: string): TRPCClientOutgoingMessage[] {
    try {
      const parsed: unknown = JSON.parse(text);
      return (Array.isArray(parsed) ? parsed : [parsed]).map((raw) => parseTRPCMessage(raw, this.#shared.router._def._config.transformer));
    } catch (cause) {
      this.#refuse(new TRPCError({ code: "PARSE_ERROR", cause }));
      return [];
    }
  }

  gone(): void {
    this.#shared.keepAlive.remove(this);
    for (const subscription of this.#subscriptions?.values() ?? []) subscription.drop();
    this.#subscriptions = null;
    this.#waiting = null;
  }

  /** What went wrong with the socket itself; its close follows. */
  failed(cause: unknown): void {
    this.#shared.onFailure({ error: getTRPCErrorFromUnknown(cause), path: undefined });
  }

  unread(): number {
    return this.#stream.writableLength;
  }
  ask(): void {
    if (this.#isOpen()) this.#socket.send("PING");
  }
  letGo(): void {
    this.#socket.terminate();
  }

  #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #send(text: string): void {
    if (this.#isOpen()) this.#socket.send(text);
  }

  #makeContext(params: () => Params): void {
    const making = (async () => this.#contextOf(params()))();
    this.#context = making;
    making.catch((cause: unknown) => {
      this.#refuse(getTRPCErrorFromUnknown(cause));
      setImmediate(() => this.#socket.close());
    });
  }

  /** A no to what was no call. */
  #refuse(error: TRPCError): void {
    this.#fail(addressOf({ id: null }), error, noCall, undefined);
  }

  #fail(address: string, error: TRPCError, { path, type, input }: Call, ctx: unknown): void {
    this.#shared.onFailure({ error, path });
    // safe: the formatter is the router's own, and so is the context
    const shape: unknown = getTRPCErrorShape({ config: this.#shared.router._def._config, error, type, path, input, ctx: ctx as object });
    this.#send(`${address}"error":${JSON.stringify(shape)}}`);
  }

  #take(message: TRPCClientOutgoingMessage, batchIndex: number): void {
    const { id } = message;
    if (id === null || id === undefined) this.#refuse(new TRPCError({ code: "PARSE_ERROR", message: "`id` is required" }));
    else if (message.method === "subscription.stop") this.#subscriptions?.get(id)?.stop();
    else this.#call(id, message, batchIndex);
  }

  #call(id: number | string, message: CallMessage, batchIndex: number): void {
    const { path, lastEventId } = message.params;
    const call: Call = { path, type: message.method, input: withPlace(message.params.input, lastEventId) };
    const address = addressOf({ id, jsonrpc: message.jsonrpc });
    let ctx: unknown;
    const run = async () => {
      ctx = await this.#context;
      const abort = new AbortController();
      const result: unknown = await callTRPCProcedure({
        router: this.#shared.router,
        path,
        getRawInput: async () => call.input,
        ctx,
        type: message.method,
        signal: abort.signal,
        batchIndex,
      });
      if (message.method !== "subscription") this.#answer(address, call, result);
      else this.#subscribe({ id, address, call, ctx, abort }, result);
    };
    run().catch((cause: unknown) => this.#fail(address, getTRPCErrorFromUnknown(cause), call, ctx));
  }

  #answer(address: string, { type }: Call, result: unknown): void {
    if (isStream(result)) throw new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE", message: `A ${type} can't give a stream` });
    const data = JSON.stringify(result);
    this.#send(`${address}"result":{"type":"data"${data === undefined ? "" : `,"data":${data}`}}}`);
  }

  #subscribe(
    { id, address, call, ctx, abort }: { id: number | string; address: string; call: Call; ctx: unknown; abort: AbortController },
    stream: unknown,
  ): void {
    if (!isStream(stream)) throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: `${call.path} gave no stream` });
    if (!this.#isOpen()) {
      abort.abort();
      return;
    }
    this.#subscriptions ??= new Map();
    if (this.#subscriptions.has(id)) throw new TRPCError({ code: "BAD_REQUEST", message: `Duplicate id ${id}` });
    const outlet: Outlet = {
      write: (frame) => this.#write(frame),
      full: () => this.#stream.writableLength > this.#shared.unreadBytesMax,
      whenEmpty: (resume) => this.#whenEmpty(resume),
      answer: (to, rest) => this.#send(to + rest),
      fail: (cause) => this.#fail(address, getTRPCErrorFromUnknown(cause), call, ctx),
      over: () => void this.#subscriptions?.delete(id),
    };
    const subscription = new Subscription(address, outlet, abort);
    this.#subscriptions.set(id, subscription);
    this.#send(`${address}"result":{"type":"started"}}`);
    subscription.begin(stream);
  }

  #write(frame: Uint8Array): void {
    if (this.#isOpen()) this.#stream.write(frame);
  }

  /** Of a reader that is waited for, every 'drain' comes when all has gone out. */
  #whenEmpty(resume: () => void): void {
    if (this.#waiting !== null) {
      this.#waiting.push(resume);
      return;
    }
    this.#waiting = [resume];
    this.stalled = { unread: this.unread(), sinceMs: performance.now() };
    const go = () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      this.stalled = null;
      this.heardAtMs = performance.now(); // It has read: that is a sign of life.
      for (const one of waiting) one();
    };
    if (this.#stream.writableNeedDrain) this.#stream.once("drain", go);
    else setTimeout(go, notYetMs);
  }
}

function paramsOf(text: string): Params {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null) throw new Error("no object");
    return parseConnectionParamsFromUnknown("data" in message ? message.data : undefined);
  } catch (cause) {
    throw new TRPCError({ code: "PARSE_ERROR", message: "The first message must be the connection's parameters", cause });
  }
}

/** tRPC sends the place of a reader who comes back beside the input. */
function withPlace(input: unknown, lastEventId: string | undefined): unknown {
  if (lastEventId === undefined) return input;
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return { ...input, lastEventId };
  return input ?? { lastEventId };
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
