/**
 * Where actors wait to be told to go on. An actor is an asynchronous call of real code whose ports have gates: at each gate it
 * waits, and of all who wait the scheduler lets one go, up to its next gate. So a run is a pure function of the choices.
 *
 * Knows gates, transactions under way and whether anybody still moves; knows neither conversations nor faults.
 *
 * @module
 */
import { setTimeout as sleep, setImmediate as soon } from "node:timers/promises";

export interface Actor {
  readonly name: string;
  /** The process that it is part of, and dies with; a name. */
  readonly process: string;
  /** Gates that it waits at, oldest first; several where it does several things at once. */
  readonly gates: Gate[];
  state: "alive" | "ended" | "dead";
  /** Transactions it has open. */
  open: number;
}

export interface Gate {
  at: string;
  /** It begins a transaction: where the engine bears only one at a time, it must wait for the other to end. */
  begins: boolean;
  go(): void;
  refuse(error: Error): void;
}

/** One connection in the hands of an actor. */
export interface Line {
  /** Statements that were sent and not answered. */
  inflight: number;
  /** The newest of them. */
  newest: string;
}

export interface StageOptions {
  /** How many connections wait for a lock that another holds. */
  blocked(): Promise<number>;
  /** True where the engine carries one transaction at a time. */
  oneAtATime: boolean;
}

/** Rounds of the event loop without any movement after which an actor at no gate waits for another actor. */
const stillRounds = 3;
/** How long a statement may take before we ask whether it waits for a lock, in milliseconds. */
const askAfterMs = 3;
/** Nothing here takes this long; longer means that the simulation has lost sight of something. */
const settleMsMax = 20_000;

export class Crashed extends Error {
  override readonly name = "Crashed";
}

export class Stage {
  readonly #options: StageOptions;
  readonly #lines = new Set<Line>();
  readonly actors: Actor[] = [];
  /** Transactions that wrote and were committed, since the run began. */
  commits = 0;
  #moves = 0;
  #open = 0;
  #told: () => void = () => {};

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** Runs `work` as an actor; the promise tells how it ended and never rejects. One that crashed does not end. */
  spawn(name: string, process: string, work: (actor: Actor) => Promise<void>): Promise<Error | null> {
    const actor: Actor = { name, process, gates: [], state: "alive", open: 0 };
    this.actors.push(actor);
    return new Promise((resolve) => {
      const end = (error: Error | null) => {
        this.moved();
        if (actor.state !== "alive") return;
        actor.state = "ended";
        this.#leave(actor);
        resolve(error);
      };
      work(actor)
        .then(() => end(null))
        .catch((error: unknown) => end(error instanceof Error ? error : new Error(String(error))));
    });
  }

  /** Waits until the scheduler lets this actor go on. */
  async gate(actor: Actor, at: string, { begins = false } = {}): Promise<void> {
    if (actor.state === "dead") return this.#hold(actor);
    await new Promise<void>((resolve, reject) => {
      actor.gates.push({ at, begins, go: resolve, refuse: reject });
      this.moved();
    });
  }

  /** The dead do nothing more; only a transaction that they left open is let fall. */
  #hold(actor: Actor): Promise<never> {
    if (actor.open > 0) throw new Crashed(`${actor.name} is dead`);
    return new Promise(() => {});
  }

  /** Whoever may be let go on now, and from where. */
  ready(): { actor: Actor; gate: Gate }[] {
    return this.actors.flatMap((actor) => actor.gates.filter((gate) => !this.#mustWait(gate)).map((gate) => ({ actor, gate })));
  }

  #mustWait(gate: Gate): boolean {
    return gate.begins && this.engineTaken();
  }

  /** Lets an actor go on; with an error, what it waited for fails with it. */
  release(actor: Actor, gate: Gate, failure?: Error): void {
    actor.gates.splice(actor.gates.indexOf(gate), 1);
    this.moved();
    if (failure) gate.refuse(failure);
    else gate.go();
  }

  /** Ends everything that a process does, at whatever await it is. Gives how many actors that were. */
  crash(process: string): number {
    const victims = this.actors.filter((actor) => actor.process === process && actor.state === "alive");
    for (const actor of victims) {
      actor.state = "dead";
      for (const gate of actor.gates.splice(0)) gate.refuse(new Crashed(`${actor.name} crashed`));
      this.#leave(actor);
    }
    this.moved();
    return victims.length;
  }

  #leave(actor: Actor): void {
    const at = this.actors.indexOf(actor);
    if (at >= 0) this.actors.splice(at, 1);
  }

  /** Opens a connection's account: whoever holds it is in a transaction, until that has `ended`. */
  openLine(actor: Actor): { line: Line; ended(): void; close(): void } {
    const line: Line = { inflight: 0, newest: "" };
    this.#lines.add(line);
    this.#open += 1;
    actor.open += 1;
    let open = true;
    const ended = () => {
      if (open) this.#open -= 1;
      open = false;
    };
    return {
      line,
      ended,
      close: () => {
        if (!this.#lines.delete(line)) return;
        ended();
        actor.open -= 1;
        this.moved();
      },
    };
  }

  /** True while a look at the database would have to wait for a transaction under way. */
  engineTaken(): boolean {
    return this.#options.oneAtATime && this.#open > 0;
  }

  moved(): void {
    this.#moves += 1;
    this.#told();
  }

  /** Resolves when nobody moves any more: everybody waits at a gate, for a lock, or for another actor. */
  async settle(): Promise<void> {
    const end = performance.now() + settleMsMax;
    for (;;) {
      if (performance.now() > end) throw new Error(`the simulation did not come to a stand: ${this.describe()}`);
      const mark = this.#moves;
      const busy = [...this.#lines].filter(({ inflight }) => inflight > 0).length;
      if (busy === 0) {
        for (let round = 0; round < stillRounds && this.#moves === mark; round++) await soon();
        if (this.#moves === mark) return;
      } else {
        await Promise.race([this.#nextMove(), sleep(askAfterMs)]);
        if (this.#moves === mark && (await this.#options.blocked()) === busy && this.#moves === mark) return;
      }
    }
  }

  #nextMove(): Promise<void> {
    return new Promise((resolve) => {
      this.#told = resolve;
    });
  }

  describe(): string {
    const waiting = this.actors.map(({ name, gates }) => `${name}@${gates.map(({ at }) => at).join("+") || "away"}`);
    const sent = [...this.#lines].filter(({ inflight }) => inflight > 0).map(({ inflight, newest }) => `${inflight}: ${newest}`);
    return `${waiting.join(", ")}; statements under way: ${sent.join(" | ") || "none"}`;
  }
}
