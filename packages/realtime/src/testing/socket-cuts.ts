/**
 * Readers over real sockets at several servers, whose connections are cut at random moments while a conversation goes on: each comes
 * back with its last id, at any of the servers.
 *
 * @module
 */
import { WebSocket } from "ws";
import { createMemoryBus } from "../bus.ts";
import { createMemoryDeltas } from "../memory-deltas.ts";
import type { Tracked } from "../walk.ts";
import { type Dice, dice, faultsOf, lossy, pause, talkAtRandom } from "./random-talk.ts";
import { createScene, type Scene } from "./scene.ts";
import { startWireServer } from "./wire-server.ts";

export interface CutsTold {
  cuts: number;
  events: number;
  faults: string[];
}

const readers = 4;
const serversCount = 2;
/** A connection that was broken off is noticed a moment later. */
const leaveWaitsMax = 1_000;
/** A message that nobody waits longer for. */
const readMsMax = 30_000;

/** Goes on, talk after talk, until there were so many cuts. The seed makes the same dice again, not the same moments. */
export async function cutSockets(cutsWanted: number, seed: number): Promise<CutsTold> {
  const told: CutsTold = { cuts: 0, events: 0, faults: [] };
  for (let talkNumber = 0; told.cuts < cutsWanted; talkNumber += 1) {
    const roll = dice(seed + talkNumber * 100);
    const talk = createScene({ bus: lossy(createMemoryBus(), roll), deltas: createMemoryDeltas() });
    const hubs = Array.from({ length: serversCount }, (_, number) => talk.hub(15 + 10 * number));
    const servers = await Promise.all(hubs.map((hub) => startWireServer(hub)));
    const urls = servers.map(({ url }) => url);
    const reading = Array.from({ length: readers }, (_, number) => readWithCuts(talk, urls, dice(seed + talkNumber * 100 + number + 1)));
    await talkAtRandom(talk, roll);
    for (const { all, cuts } of await Promise.all(reading)) {
      told.cuts += cuts;
      told.events += all.length;
      told.faults.push(...faultsOf(talk, all).map((fault) => `talk ${talkNumber} (seed ${seed}): ${fault}`));
    }
    await Promise.all(servers.map((server) => server.stop()));
    for (const hub of hubs) {
      for (let waits = 0; hub.stats().followers > 0 && waits < leaveWaitsMax; waits += 1) await pause(5);
      if (hub.stats().followers > 0) told.faults.push(`talk ${talkNumber}: a server still holds a stream`);
      hub.close();
    }
  }
  return told;
}

async function readWithCuts(talk: Scene, urls: readonly string[], roll: Dice): Promise<{ all: Tracked[]; cuts: number }> {
  const all: Tracked[] = [];
  let cuts = 0;
  const over = () => all.at(-1)?.event.type === "handoff.requested";
  while (!over()) {
    await readOnce(talk, urls[roll(urls.length)] ?? "", all, 1 + roll(6), over);
    if (!over()) cuts += 1;
    if (roll(3) === 0) await pause(roll(4));
  }
  return { all, cuts };
}

/** Reads so many events more, and breaks the connection without a goodbye. */
function readOnce(talk: Scene, url: string, all: Tracked[], eventsMax: number, over: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const late = setTimeout(() => reject(new Error("nothing came")), readMsMax);
    let events = 0;
    socket.on("open", () => {
      socket.send(JSON.stringify({ method: "connectionParams", data: { token: "good" } }));
      const { workspaceId, conversationId } = talk;
      const input = { workspaceId, conversationId, lastEventId: all.at(-1)?.id ?? "0" };
      socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "follow", input } }));
    });
    socket.on("message", (data) => {
      const { result, error } = JSON.parse(String(data));
      if (error !== undefined) reject(new Error(error.message));
      if (result?.type !== "data" || events >= eventsMax) return;
      all.push({ id: result.id, event: result.data.data });
      events += 1;
      if (events >= eventsMax || over()) socket.terminate();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(late);
      resolve();
    });
  });
}
