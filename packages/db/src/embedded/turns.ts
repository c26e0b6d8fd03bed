/**
 * Whose turn it is. Clients are served one batch at a time in the order they asked; one that has a transaction open keeps
 * the turn until it is over.
 *
 * Knows order and patience; what a turn does is handed in.
 *
 * @module
 */
import { setImmediate as breathe } from "node:timers/promises";
import { limits } from "./limits.ts";

export interface TurnTaker {
  readonly isGone: boolean;
  readonly wantsTurn: boolean;
}

export interface TurnHooks<Taker> {
  /** Runs the taker's next batch; true when it must keep the turn. */
  serve(taker: Taker): Promise<boolean>;
  /** Ends what a taker that is gone left open. */
  abandon(taker: Taker): Promise<void>;
  /** The holder has said nothing for too long while others wait. */
  tooLong(taker: Taker): void;
  /** Something was thrown; no more turns are given. */
  broken(error: unknown): void;
}

export class Turns<Taker extends TurnTaker> {
  readonly #hooks: TurnHooks<Taker>;
  readonly #waiting = new Set<Taker | (() => Promise<void>)>();
  #holder: Taker | null = null;
  #patience: NodeJS.Timeout | null = null;
  #running = false;
  #stopped = false;

  constructor(hooks: TurnHooks<Taker>) {
    this.#hooks = hooks;
  }

  /** The taker has something to do; asking twice does not give two turns. */
  ask(taker: Taker): void {
    if (this.#holder !== taker) this.#waiting.add(taker);
    this.#start();
  }

  /** Runs `work` alone, when its turn comes. Rejects with what it throws, or when there are no more turns. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(new Error("the embedded engine is closed"));
      this.#waiting.add(async () => {
        if (this.#stopped) return reject(new Error("the embedded engine is closed"));
        await work().then(resolve, reject);
      });
      this.#start();
    });
  }

  /** The taker is gone and loses its place. True when it had the turn: then it will be abandoned in order. */
  leave(taker: Taker): boolean {
    this.#waiting.delete(taker);
    if (this.#holder !== taker) return false;
    this.#start();
    return true;
  }

  /** Gives no more turns; whatever waits is refused. */
  stop(): void {
    this.#stopped = true;
    this.#stopWatching();
    for (const one of this.#waiting) if (typeof one === "function") void one();
    this.#waiting.clear();
  }

  #start(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#run().catch((error) => {
      this.stop();
      this.#hooks.broken(error);
    });
  }

  async #run(): Promise<void> {
    // Everything that arrives in this round of the event loop is in before the first turn is given.
    await breathe();
    let sliceEnds = performance.now() + limits.sliceMs;
    for (let step = this.#next(); step !== null; step = this.#next()) {
      await step();
      if (performance.now() < sliceEnds) continue;
      await breathe();
      sliceEnds = performance.now() + limits.sliceMs;
    }
    this.#running = false;
    this.#watchHolder();
  }

  #next(): (() => Promise<void>) | null {
    if (this.#stopped) return null;
    const holder = this.#holder;
    if (holder !== null) {
      if (holder.isGone) return () => this.#abandon(holder);
      return holder.wantsTurn ? () => this.#serve(holder) : null;
    }
    for (const one of this.#waiting) {
      this.#waiting.delete(one);
      if (typeof one === "function") return one;
      if (one.wantsTurn && !one.isGone) return () => this.#serve(one);
    }
    return null;
  }

  async #serve(taker: Taker): Promise<void> {
    this.#stopWatching();
    const keeps = await this.#hooks.serve(taker);
    this.#holder = keeps ? taker : null;
    if (!keeps && taker.wantsTurn) this.#waiting.add(taker); // At the end of the line.
  }

  async #abandon(taker: Taker): Promise<void> {
    this.#stopWatching();
    this.#holder = null;
    await this.#hooks.abandon(taker);
  }

  /** A transaction that is open and silent is nobody's business until somebody waits for it. */
  #watchHolder(): void {
    const holder = this.#holder;
    if (holder === null || this.#waiting.size === 0 || this.#patience) return;
    this.#patience = setTimeout(() => {
      this.#patience = null;
      if (this.#holder === holder && !holder.wantsTurn) this.#hooks.tooLong(holder);
    }, limits.idleInTurnMs);
  }

  #stopWatching(): void {
    if (this.#patience) clearTimeout(this.#patience);
    this.#patience = null;
  }
}
