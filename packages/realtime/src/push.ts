/**
 * One subscriber that is handed what there is: it walks to the head by itself, and from there on is told together with the others.
 *
 * Nothing is queued for it. When it has too much unread it is handed nothing more, and later walks on from its place in the log.
 *
 * @module
 */
import { createParcel, type Sink } from "@axon/contracts/live-stream";
import { busWaitMs, type FollowOptions } from "./follow.ts";
import { Lead, type Member } from "./lead.ts";
import { parsePosition } from "./position.ts";
import type { SharedTopic } from "./topic.ts";
import { createGate, type Gate, within } from "./waits.ts";
import { Walk } from "./walk.ts";

export interface PushOptions extends Omit<FollowOptions, "signal"> {
  sink: Sink;
}

/**
 * Hands every event after `after` to the sink, once each and in order, until it is stopped; a place that the log does not have
 * (any more) gives `resync`. Ends the sink with null when this process lets go of its streams, with `StreamBroken` when the log
 * can't be read. Gives the way to stop.
 */
export function push(options: PushOptions): () => void {
  const pushing = new Pushing(options);
  pushing.walk();
  return () => pushing.stop();
}

class Pushing implements Member {
  readonly #options: PushOptions;
  #after: PushOptions["after"];
  #walk: Walk | null = null;
  #lead: Lead | null = null;
  #over = false;
  readonly #letGo = () => this.end(null);

  constructor(options: PushOptions) {
    this.#options = options;
    this.#after = options.after;
    options.endings.add(this.#letGo);
  }

  walk(): void {
    this.#walkOn().catch((error: unknown) => this.end(error));
  }

  take(...[parcels]: Parameters<Sink["push"]>): boolean {
    return this.#over || this.#options.sink.push(parcels);
  }

  dropped(place: string): void {
    this.#lead = null;
    this.#after = parsePosition(place);
    this.#options.sink.whenReady(() => this.walk());
  }

  end(error: unknown): void {
    if (this.#over) return;
    this.stop();
    this.#options.sink.end(error);
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.endings.delete(this.#letGo);
    this.#walk?.close();
    this.#walk = null;
    this.#lead?.leave(this);
    this.#lead = null;
  }

  async #walkOn(): Promise<void> {
    const shared = this.#over ? null : this.#options.enter();
    if (!shared) return this.end(null);
    const { sink, retryMs, now } = this.#options;
    const walk = new Walk({ shared, after: this.#after, retryMs, now });
    this.#walk = walk;
    const gate = createGate();
    walk.onNews = gate.wake;
    // Hints must be heard before anything is read, or one could fall between the two.
    await within(shared.ready, busWaitMs, "subscribing to hints").catch(() => {});
    for (let batch = await walk.arrive(); !this.#over; batch = await walk.step()) {
      if (batch.length > 0 && !sink.push(batch.map(({ id, event }) => createParcel(id, event)))) {
        if (this.#over) return;
        this.#walk = null;
        const place = walk.place();
        walk.close();
        return this.dropped(place);
      }
      if (this.#over || (await this.#joined(shared, walk, gate))) return;
    }
  }

  /** True when it has come to where the others stand: from now on it is told with them. Otherwise waits until there is something to do. */
  async #joined(shared: SharedTopic, walk: Walk, gate: Gate): Promise<boolean> {
    if (walk.busy()) return this.#join(shared.lead, walk);
    const { lead } = shared;
    if (lead === null) {
      this.#walk = null;
      this.#lead = new Lead(shared, walk, this);
      return true;
    }
    if (this.#join(lead, walk)) return true;
    // Ahead of the others: they come after.
    lead.watch(gate.wake);
    await gate.wait();
    lead.unwatch(gate.wake);
    return this.#over;
  }

  #join(lead: Lead | null, walk: Walk): boolean {
    if (lead === null || lead.place !== walk.place()) return false;
    this.#walk = null;
    lead.join(this);
    this.#lead = lead;
    walk.onNews = null;
    walk.close();
    return true;
  }
}
