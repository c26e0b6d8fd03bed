/**
 * `axon events tail`: what happens, as it happens, over the same stream that dashboards follow. It survives lost connections, and
 * the number before each line is the place from which it can be taken up again.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import type { FollowedEvent } from "@axon/client/follow";
import type { StreamEvent } from "@axon/contracts/events";
import type { Command } from "commander";
import { type Io, remark, say } from "../io.ts";

export interface TailOptions {
  conversation?: string;
  from?: string;
  json?: boolean;
  /** Ends the tail; without it, the process's own end does. */
  signal?: AbortSignal;
}

/** Longest text of a message that a line shows. */
const textCharsMax = 80;

/** Adds the command to the program. */
export function addEventCommands(
  program: Command,
  io: Io,
  withClient: (work: (client: AxonClient) => Promise<number>) => Promise<void>,
): void {
  program
    .command("events")
    .description("what happens in the workspace")
    .command("tail")
    .description("print events as they happen, until it is interrupted")
    .option("--conversation <id>", "those of one conversation, with its replies piece by piece")
    .option("--from <place>", "begin behind this place: the number before a line, 0 for the oldest that is kept")
    .option("--json", "print each event with its place as a line of JSON")
    .action((options: TailOptions) => withClient((client) => tailEvents(client, io, options)));
}

export async function tailEvents(client: AxonClient, io: Io, { conversation, from, json, signal }: TailOptions): Promise<number> {
  let lost = false;
  const onState = (state: "connecting" | "connected") => {
    if (state === "connecting" && !lost) remark(io, io.style.faint("· connecting"));
    if (state === "connected" && lost) remark(io, io.style.faint("· connected again"));
    lost = state === "connecting";
  };
  const place = from === undefined ? {} : { lastEventId: from };
  const following = { onState, ...(signal === undefined ? {} : { signal }) };
  const events =
    conversation === undefined
      ? client.follow.workspace(place, following)
      : client.follow.conversation({ conversationId: conversation, ...place }, following);
  for await (const followed of events) say(io, json === true ? JSON.stringify(followed) : lineOf(io, followed));
  return 0;
}

function lineOf({ style }: Io, { id, event }: FollowedEvent): string {
  const what = "conversationId" in event && event.conversationId !== undefined ? ` ${style.faint(event.conversationId)}` : "";
  return `${style.faint(`${id} ${event.at}`)} ${style.strong(event.type)}${what}${detailOf(event)}`;
}

function detailOf(event: StreamEvent): string {
  switch (event.type) {
    case "message.created":
      return ` ${event.message.author.kind}: ${short(event.message.text)}`;
    case "reply.delta":
      return ` ${event.index}: ${short(event.text)}`;
    case "conversation.updated":
      return ` ${event.status}, ${event.handler} (${event.reason})`;
    case "handoff.requested":
    case "reply.failed":
    case "reply.superseded":
      return ` ${event.reason}`;
    case "document.progress":
      return ` ${event.documentId} ${event.status} ${event.done}/${event.total}`;
    case "typing":
      return ` ${event.actor.kind} ${event.on ? "is writing" : "has stopped"}`;
    case "presence":
      return ` ${event.accountId} ${event.online ? "is there" : "has gone"}`;
    default:
      return "";
  }
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > textCharsMax ? `${line.slice(0, textCharsMax - 1)}…` : line;
}
