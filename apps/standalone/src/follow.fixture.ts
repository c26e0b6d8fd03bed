/**
 * Following a conversation until its reply is there.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import type { Message } from "@axon/contracts/conversations";
import type { StreamEvent } from "@axon/contracts/events";

/** Starts a conversation and follows it until the agent has said something and the turn is over. */
export async function replyTo(
  client: AxonClient,
  agentId: string,
  text: string,
): Promise<{ conversationId: string; events: StreamEvent[]; message: Message }> {
  const { conversation } = await client.api.conversations.start.mutate({ agentId, text });
  const followed = await followReply(client, conversation.id, conversation.lastEventId);
  return { conversationId: conversation.id, ...followed };
}

/** All events from a place on, up to the end of the next turn that is answered or handed over. */
export async function followReply(
  client: AxonClient,
  conversationId: string,
  lastEventId: string,
): Promise<{ events: StreamEvent[]; message: Message }> {
  const ended = new AbortController();
  const events: StreamEvent[] = [];
  let message: Message | undefined;
  for await (const { event } of client.follow.conversation(
    { conversationId, lastEventId },
    { signal: AbortSignal.any([ended.signal, AbortSignal.timeout(50_000)]) },
  )) {
    events.push(event);
    if (event.type === "message.created" && event.message.author.kind === "ai") message = event.message;
    if (event.type === "reply.completed" || event.type === "handoff.requested") ended.abort();
  }
  if (message === undefined) throw new Error(`no reply came; events: ${events.map((event) => event.type).join(", ")}`);
  return { events, message };
}
