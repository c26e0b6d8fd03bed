/**
 * One connection to the front: reads batches from the socket, writes answers back, and drops those who do not read them.
 *
 * Knows its socket and its own wishes; what its batches do, and when, is decided by the turns.
 *
 * @module
 */
import type { Socket } from "node:net";
import { type Effects, noEffects } from "./effects.ts";
import { Handshake } from "./handshake.ts";
import { Inbox, ProtocolError } from "./inbox.ts";
import { limits } from "./limits.ts";
import { ownerProfile, type Profile, StartupRefusal } from "./profile.ts";
import { Statements } from "./statements.ts";
import { errorResponse, frontend } from "./wire.ts";

export interface ClientEvents {
  /** The startup packet is in; the client waits to be let in. */
  welcome(client: Client): void;
  /** There may be something to do for this client now: a batch came, or it has read its answers. */
  wake(client: Client): void;
  /** The connection is gone, whatever the reason. */
  gone(client: Client): void;
}

export class Client {
  readonly id: number;
  readonly statements: Statements;
  /** The profile of the startup packet. */
  start: Profile = ownerProfile;
  /** The profile its next turn begins with. */
  profile: Profile = ownerProfile;
  isGone = false;
  /** Settings and channels its open turn may have changed. */
  effects: Effects = noEffects;
  changedSettings = false;
  /** It kept the turn after its last batch. */
  holds = false;
  /** The COPY query whose data is being collected; the engine gets both in one piece. */
  copy: Buffer | null = null;
  readonly #socket: Socket;
  readonly #events: ClientEvents;
  readonly #inbox = new Inbox();
  readonly #batches: Buffer[] = [];
  #handshake: Handshake | null;
  #startupTimer: NodeJS.Timeout;
  #stallTimer: NodeJS.Timeout | null = null;
  #notificationBytes = 0;

  constructor(id: number, socket: Socket, password: string, events: ClientEvents) {
    this.id = id;
    this.statements = new Statements(id);
    this.#socket = socket;
    this.#events = events;
    this.#handshake = new Handshake(password);
    this.#startupTimer = setTimeout(() => this.drop(), limits.startupMs);
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#guard(() => this.#receive(bytes)));
    socket.on("drain", () => this.#drained());
    socket.on("error", () => socket.destroy()); // "close" follows, and says all there is to say.
    socket.on("close", () => this.#leave());
  }

  /** Whether it may have a turn: something waits to be done, and its answers are being read. */
  get wantsTurn(): boolean {
    return this.#batches.length > 0 && this.#socket.writableLength <= limits.unreadBytesMax;
  }

  /** The next batch in order of arrival. */
  takeBatch(): Buffer | null {
    const batch = this.#batches.shift() ?? null;
    if (this.#socket.isPaused() && this.#batches.length < limits.batchesWaitingMax) this.#socket.resume();
    return batch;
  }

  /** Writes an answer. The bytes must not change afterwards. */
  send(bytes: Buffer): void {
    if (this.isGone || bytes.length === 0 || this.#socket.writableEnded) return;
    if (!this.#socket.write(bytes) && !this.#stallTimer) {
      this.#stallTimer = setTimeout(() => this.drop(), limits.stalledMs);
    }
  }

  /** Writes a notification; a client that lets them pile up unread is dropped. */
  notify(bytes: Buffer): void {
    this.send(bytes);
    if (this.#socket.writableLength === 0) return;
    this.#notificationBytes += bytes.length;
    if (this.#notificationBytes > limits.unreadNotificationBytesMax) this.drop();
  }

  /** Says why, and ends the connection once that is written. */
  refuse(code: string, message: string): void {
    if (this.isGone) return;
    this.#batches.length = 0;
    this.#socket.end(errorResponse({ severity: "FATAL", code, message }));
    this.#socket.pause();
    this.#stallTimer ??= setTimeout(() => this.drop(), limits.stalledMs);
  }

  /** Ends the connection without another word. */
  drop(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    if (this.#socket.writableEnded) return;
    if (this.#handshake) {
      this.#greet(this.#handshake, bytes);
      return;
    }
    this.#inbox.push(bytes);
    this.#collect();
  }

  #collect(): void {
    for (let batch = this.#inbox.next(); batch !== null; batch = this.#inbox.next()) {
      if (batch[0] === frontend.terminate) {
        this.#socket.end();
        return;
      }
      this.#batches.push(batch);
    }
    if (this.#batches.length >= limits.batchesWaitingMax) this.#socket.pause();
    if (this.wantsTurn) this.#events.wake(this);
  }

  #greet(handshake: Handshake, bytes: Buffer): void {
    handshake.push(bytes);
    for (;;) {
      const step = handshake.next();
      if (step.kind === "hangUp") this.drop();
      if (step.kind === "more" || step.kind === "hangUp") return;
      if (step.kind === "reply") this.send(step.bytes);
      if (step.kind !== "welcome") continue;
      clearTimeout(this.#startupTimer);
      this.#handshake = null;
      this.start = step.profile;
      this.profile = step.profile;
      this.#events.welcome(this);
      if (step.rest.length > 0) this.#receive(step.rest);
      return;
    }
  }

  /** What a client sends may be nonsense; that is the client's end, not ours. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof StartupRefusal) this.refuse(error.code, error.message);
      else if (error instanceof RangeError) this.refuse("08P01", "invalid message format");
      else throw error;
    }
  }

  #drained(): void {
    if (this.#stallTimer) clearTimeout(this.#stallTimer);
    this.#stallTimer = null;
    this.#notificationBytes = 0;
    if (this.wantsTurn) this.#events.wake(this);
  }

  #leave(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#batches.length = 0;
    clearTimeout(this.#startupTimer);
    if (this.#stallTimer) clearTimeout(this.#stallTimer);
    this.#events.gone(this);
  }
}
