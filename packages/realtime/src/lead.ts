/**
 * Those who stand at the head of one stream and are told together: one walk reads on for all of them, and what it finds is handed
 * to each as the same parcel. Whoever has too much unread drops out at the place it has been told up to.
 *
 * It refuses to know how a member gets to the head, and what becomes of one that drops out.
 *
 * @module
 */
import { setImmediate as turn } from "node:timers/promises";
import { createParcel, type Parcel } from "@axon/contracts/live-stream";
import type { SharedTopic } from "./topic.ts";
import type { Walk } from "./walk.ts";

/** Members who are told in one go, before others on this thread have their turn. */
const membersPerTurnMax = 1_000;

export interface Member {
  /** Takes what is told. False: it has had enough for now, and is no member any more. */
  take(parcels: readonly Parcel[]): boolean;
  /** It was let go for having had enough: all that it was told ends at this place. */
  dropped(place: string): void;
  /** The stream has ended, null, or broken. */
  end(error: unknown): void;
}

/** Goes on with a walk that has come to the head, for its first member and all that follow; ends with the last of them. */
export class Lead {
  readonly #shared: SharedTopic;
  readonly #walk: Walk;
  readonly #members: Set<Member>;
  /** Those who wait for the place to change. */
  #watchers: Set<() => void> | null = null;
  /** The place that every member has been told up to, or is being told up to: who stands there may join. */
  #place: string;
  #over = false;
  #running = false;

  constructor(shared: SharedTopic, walk: Walk, first: Member) {
    this.#shared = shared;
    this.#walk = walk;
    this.#members = new Set([first]);
    this.#place = walk.place();
    shared.lead = this;
    walk.onNews = () => this.#run();
    if (walk.busy()) this.#run();
  }

  get place(): string {
    return this.#place;
  }
  get size(): number {
    return this.#members.size;
  }

  join(member: Member): void {
    this.#members.add(member);
  }

  leave(member: Member): void {
    if (this.#members.delete(member) && this.#members.size === 0) this.#close(null);
  }

  /** Wakes when the place has changed, or there is no lead any more. */
  watch(wake: () => void): void {
    this.#watchers ??= new Set();
    this.#watchers.add(wake);
  }
  unwatch(wake: () => void): void {
    this.#watchers?.delete(wake);
  }

  #close(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#shared.lead === this) this.#shared.lead = null;
    this.#walk.onNews = null;
    this.#walk.close();
    for (const member of this.#members) member.end(error);
    this.#members.clear();
    for (const wake of this.#watchers ?? []) wake();
  }

  /** Nothing waits between two pieces of news: whoever brings them starts this. */
  #run(): void {
    if (this.#running || this.#over) return;
    this.#running = true;
    this.#tellAll().then(
      () => {
        this.#running = false;
        if (this.#members.size === 0) this.#close(null);
        else if (this.#walk.busy()) this.#run();
      },
      (error: unknown) => this.#close(error),
    );
  }

  async #tellAll(): Promise<void> {
    while (!this.#over && this.#members.size > 0 && this.#walk.busy()) {
      const batch = await this.#walk.step();
      if (batch.length === 0 || this.#over) continue;
      const parcels = batch.map(({ id, event }) => createParcel(id, event));
      const last = parcels.at(-1)?.id ?? this.#place;
      if (this.#members.size <= membersPerTurnMax) for (const member of this.#members) this.#tell(member, parcels, last);
      else await this.#tellMany(parcels, last);
      this.#place = last;
      if (this.#watchers !== null) for (const wake of this.#watchers) wake();
    }
  }

  async #tellMany(parcels: readonly Parcel[], last: string): Promise<void> {
    let told = 0;
    // Who joins while this goes on stands at the place before it, and a set's walk comes to them too.
    for (const member of this.#members) {
      this.#tell(member, parcels, last);
      told += 1;
      if (told % membersPerTurnMax === 0 && told < this.#members.size) await turn();
    }
  }

  #tell(member: Member, parcels: readonly Parcel[], last: string): void {
    if (!member.take(parcels) && this.#members.delete(member)) member.dropped(last);
  }
}
