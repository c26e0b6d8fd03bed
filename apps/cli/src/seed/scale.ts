/**
 * `axon seed --scale`: a workspace as a large shop would have it, with several agents and channels, a year of conversations in every
 * state, and customers who come back. Brought in by `conversations.import`, so it is what any import would leave; running it again
 * brings in only what is missing.
 *
 * @module
 */
import { backoffMs, pause } from "@axon/client/backoff";
import type { AxonClient } from "@axon/client/client";
import { axonErrorOf, mayPass } from "@axon/client/errors";
import { type ImportedConversation, importConversationsMax, importMessagesMax } from "@axon/contracts/inbox";
import { demoAgent } from "./agent.ts";
import { type TalkSetting, talkOf } from "./talks.ts";

interface ScaleOptions {
  messages: number;
  seed: number;
  /** What there is so far, and messages a second since the beginning. */
  onProgress?(done: { messages: number; rate: number }): void;
}

interface ScaleResult {
  /** Brought in by this run. */
  conversations: number;
  messages: number;
  /** There before. */
  kept: number;
  seconds: number;
}

/** The most that one run brings in. */
export const scaleMessagesMax = 5_000_000;
/** Calls at the same time: while the server writes one, the next is made. */
const callsAtOnce = 2;
const attemptsMax = 8;
/** Messages of a conversation, on average. */
const messagesEach = 8;

const agents = [
  demoAgent,
  {
    name: "Orders desk",
    description: "Knows where parcels are.",
    systemPrompt: "You answer questions about orders of Puddle & Pine, briefly.",
  },
  {
    name: "Workshop",
    description: "Knows how things are mended.",
    systemPrompt: "You answer questions about repairs at Puddle & Pine, briefly.",
  },
];
const channels = ["Shop website", "Help centre"];

/** Brings in at least so many messages, in whole conversations. */
export async function seedScale(client: AxonClient, { messages, seed, onProgress }: ScaleOptions): Promise<ScaleResult> {
  const setting = await prepare(client, seed);
  const count = Math.max(1, Math.ceil(messages / messagesEach));
  const beganMs = performance.now();
  const result: ScaleResult = { conversations: 0, messages: 0, kept: 0, seconds: 0 };
  let looked = 0;
  const batches = batchesOf(setting, count, messages);
  const work = async () => {
    // One generator for all: each takes the next batch that there is.
    for (const batch of batches) {
      const given = await persistently(() => client.api.conversations.import.mutate({ conversations: batch }));
      const created = given.conversations.filter((one) => one.created).length;
      result.conversations += created;
      result.kept += batch.length - created;
      result.messages += given.messages;
      looked += batch.reduce((sum, talk) => sum + talk.messages.length, 0);
      onProgress?.({ messages: looked, rate: looked / ((performance.now() - beganMs) / 1000) });
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce }, work));
  return { ...result, seconds: (performance.now() - beganMs) / 1000 };
}

/** As large as one call may be, until there are messages enough. */
export function* batchesOf(setting: TalkSetting, count: number, messages: number): Generator<ImportedConversation[]> {
  let batch: ImportedConversation[] = [];
  let inBatch = 0;
  let made = 0;
  for (let number = 0; made < messages; number += 1) {
    const talk = talkOf(setting, number % count, count);
    // More than were reckoned with: the next ones are of another year.
    const next = number < count ? talk : { ...talk, externalId: `${talk.externalId}-${Math.floor(number / count)}` };
    if (batch.length >= importConversationsMax || inBatch + next.messages.length > importMessagesMax) {
      yield batch;
      [batch, inBatch] = [[], 0];
    }
    batch.push(next);
    inBatch += next.messages.length;
    made += next.messages.length;
  }
  if (batch.length > 0) yield batch;
}

async function prepare(client: AxonClient, seed: number): Promise<TalkSetting> {
  const { api } = client;
  const known = await api.agents.list.query({ limit: 100 });
  const agentIds: string[] = [];
  for (const agent of agents) {
    const found = known.items.find(({ name, status }) => name === agent.name && status !== "archived");
    agentIds.push((found ?? (await api.agents.create.mutate(agent))).id);
  }
  const [agentId = ""] = agentIds;
  const there = await api.channels.list.query({ limit: 100 });
  const channelIds: (string | undefined)[] = [undefined];
  for (const name of channels) {
    const found = there.items.find((channel) => channel.name === name && channel.kind === "web");
    channelIds.push((found ?? (await api.channels.create.mutate({ kind: "web", name, agentId }))).id);
  }
  const members = await api.workspaces.members.list.query({ limit: 100 });
  const memberIds = members.items.filter(({ role }) => role !== "viewer").map(({ id }) => id);
  return { seed, agentIds, channelIds, memberIds, untilMs: Date.now() };
}

/** An import that is tried again brings in nothing twice. */
async function persistently<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (cause) {
      if (attempt + 1 >= attemptsMax || !mayPass(axonErrorOf(cause))) throw cause;
      await pause(backoffMs(attempt));
    }
  }
}
