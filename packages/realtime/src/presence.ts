/**
 * Who of a workspace's members is there: whoever holds a live stream, at this server or another, however many tabs they have open.
 *
 * A server that dies is forgotten with all it said; whoever comes or goes is told to the streams of the workspace here. It refuses
 * to know who may know of it.
 *
 * @module
 */
import type { PresenceEvent } from "@axon/contracts/events";
import type { Bus } from "./bus.ts";
import type { PresenceStore } from "./presence-store.ts";
import { within } from "./waits.ts";

/** How long a server's word about a member holds that is not said again. */
const presenceTtlMs = 20_000;

/** How often each server says its word again, and looks what the others say. With the time that a word holds: the longest that one who is gone seems to be there. */
const refreshMs = 8_000;
/** Whoever comes back within this time, as by loading a page anew, was not away. */
const lingerMs = 1_000;
const goodbyeMs = 1_000;

export interface PresenceOptions {
  store: PresenceStore;
  bus: Bus;
  /** Tells the streams of the workspace at this server. */
  tell(event: PresenceEvent): void;
  onError(error: unknown): void;
  refreshMs?: number;
  lingerMs?: number;
  now?: () => Date;
}

export interface Presence {
  /** A member has a stream here. Gives the way to take it back; twice is once. */
  enter(workspaceId: string, accountId: string): () => void;
  online(workspaceId: string): Promise<string[]>;
  /** Takes back all that this server said. */
  close(): Promise<void>;
}

interface Room {
  /** Streams of each member at this server. */
  streams: Map<string, number>;
  /** Who was there when the streams here were last told. Null: they were told nothing yet. */
  told: Set<string> | null;
  stop(): void;
}

export function createPresence({ store, bus, tell, onError, now = () => new Date(), ...times }: PresenceOptions): Presence {
  const server = crypto.randomUUID();
  const rooms = new Map<string, Room>();
  const leaving = new Set<NodeJS.Timeout>();
  let timer: NodeJS.Timeout | null = null;

  /** Workspaces of which there is something to say, with those who have gone. */
  const dirty = new Map<string, Set<string>>();
  let saying = false;

  const topicOf = (workspaceId: string) => `presence:${workspaceId}`;
  const guarded = (work: Promise<void>) => void work.catch(onError);

  function note(workspaceId: string, gone?: string): void {
    const all = dirty.get(workspaceId) ?? new Set();
    if (gone !== undefined) all.add(gone);
    dirty.set(workspaceId, all);
    if (!saying) guarded(sayAll());
  }

  /** One after the other, so that a coming that follows a going is also said after it. What fails is said again by the refresh. */
  async function sayAll(): Promise<void> {
    saying = true;
    try {
      for (const [workspaceId, gone] of dirty) {
        dirty.delete(workspaceId);
        await sayOf(workspaceId, gone);
      }
    } finally {
      saying = false;
    }
  }

  async function sayOf(workspaceId: string, gone: ReadonlySet<string>): Promise<void> {
    const room = rooms.get(workspaceId);
    const here = [...(room?.streams.keys() ?? [])];
    for (const accountId of gone) if (!here.includes(accountId)) await store.unsay(workspaceId, accountId, server);
    await store.say(workspaceId, here, server, presenceTtlMs);
    bus.publish(topicOf(workspaceId), "look");
    await look(workspaceId);
  }

  /** Looks who is there, and tells what is new to those who are told things here. */
  async function look(workspaceId: string): Promise<void> {
    const there = new Set(await store.online(workspaceId));
    const room = rooms.get(workspaceId);
    if (room === undefined) return;
    const before = room.told;
    room.told = there; // To the first who looks, all who are there are no news, and neither are they themselves.
    if (before === null) return;
    const news = (accountId: string, online: boolean) =>
      tell({ type: "presence", id: crypto.randomUUID(), at: now().toISOString(), workspaceId, accountId, online });
    for (const accountId of there) if (!before.has(accountId)) news(accountId, true);
    for (const accountId of before) if (!there.has(accountId)) news(accountId, false);
  }

  /** Nobody is told: those who look by themselves see who is there, and see who is there no more. */
  async function refresh(): Promise<void> {
    for (const [workspaceId, { streams }] of rooms) {
      await store.say(workspaceId, [...streams.keys()], server, presenceTtlMs);
      await look(workspaceId);
    }
  }

  function openRoom(workspaceId: string): Room {
    const subscription = bus.subscribe(topicOf(workspaceId), () => guarded(look(workspaceId)));
    const room: Room = { streams: new Map(), told: null, stop: subscription.stop };
    rooms.set(workspaceId, room);
    timer ??= setInterval(() => guarded(refresh()), times.refreshMs ?? refreshMs).unref();
    return room;
  }

  function closeRoom(workspaceId: string, room: Room): void {
    room.stop();
    rooms.delete(workspaceId);
    if (rooms.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  function leave(workspaceId: string, room: Room, accountId: string): void {
    const left = (room.streams.get(accountId) ?? 0) - 1;
    room.streams.set(accountId, left);
    if (left > 0) return;
    const gone = setTimeout(() => {
      leaving.delete(gone);
      if (room.streams.get(accountId) !== 0) return; // They are back.
      room.streams.delete(accountId);
      if (room.streams.size === 0) closeRoom(workspaceId, room);
      note(workspaceId, accountId);
    }, times.lingerMs ?? lingerMs).unref();
    leaving.add(gone);
  }

  return {
    enter(workspaceId, accountId) {
      const room = rooms.get(workspaceId) ?? openRoom(workspaceId);
      const streams = room.streams.get(accountId);
      room.streams.set(accountId, (streams ?? 0) + 1);
      if (streams === undefined) note(workspaceId);
      let inside = true;
      return () => {
        if (inside) leave(workspaceId, room, accountId);
        inside = false;
      };
    },
    online: (workspaceId) => store.online(workspaceId),
    async close() {
      for (const gone of leaving) clearTimeout(gone);
      leaving.clear();
      const all = [...rooms];
      for (const [workspaceId, room] of all) closeRoom(workspaceId, room);
      const goodbye = async () => {
        for (const [workspaceId, { streams }] of all) {
          for (const accountId of streams.keys()) await store.unsay(workspaceId, accountId, server);
          bus.publish(topicOf(workspaceId), "look");
        }
      };
      // A store that does not answer must not keep a server from stopping: it forgets us by itself.
      await within(goodbye(), goodbyeMs, "saying goodbye").catch(onError);
    },
  };
}
