/**
 * The hub as the routers know it, over this process's database.
 *
 * @module
 */
import type { LiveStreams } from "@axon/api/context";
import type { InWorkspace } from "@axon/core/context";
import { conversationPlace, readConversationEvents, readWorkspaceEvents, workspacePlace } from "@axon/core/conversations";
import { Refusal } from "@axon/core/errors";
import type { Database } from "@axon/db/connect";
import { readHeads } from "@axon/db/heads";
import type { Bus } from "@axon/realtime/bus";
import { announcePassing } from "@axon/realtime/hints";
import type { Hub } from "@axon/realtime/hub";
import type { EventLog } from "@axon/realtime/log";
import { parsePosition, parseSeq } from "@axon/realtime/position";
import type { Presence } from "@axon/realtime/presence";

/** The log that the hub reads: core's verbs, each in its workspace. */
export function createEventLog(inWorkspace: InWorkspace, database: Pick<Database, "engine">): EventLog {
  return {
    readConversation: ({ workspaceId, conversationId }, after, limit) =>
      inWorkspace(workspaceId, (ws) => readConversationEvents(ws, conversationId, after, limit)),
    readWorkspace: ({ workspaceId }, after, limit) => inWorkspace(workspaceId, (ws) => readWorkspaceEvents(ws, after, limit)),
    conversationPlace: ({ workspaceId, conversationId }, at) => inWorkspace(workspaceId, (ws) => conversationPlace(ws, conversationId, at)),
    workspacePlace: ({ workspaceId }) => inWorkspace(workspaceId, workspacePlace),
    heads: (topics) => readHeads(database, topics),
  };
}

export function createLiveStreams(hub: Hub, bus: Bus, presence: Presence): LiveStreams {
  return {
    follow: ({ workspaceId, conversationId, after, signal }) =>
      conversationId === undefined
        ? hub.workspace({ workspaceId, after: parseSeq(after) ?? refuse(), signal })
        : hub.conversation({ workspaceId, conversationId, after: parsePosition(after) ?? refuse(), signal }),
    push: ({ workspaceId, conversationId, after, sink }) =>
      conversationId === undefined
        ? hub.push({ workspaceId, after: { seq: parseSeq(after) ?? refuse(), reply: null }, sink })
        : hub.push({ workspaceId, conversationId, after: parsePosition(after) ?? refuse(), sink }),
    tell: (stream, event) => announcePassing(bus, stream, event),
    enter: presence.enter,
    online: presence.online,
  };
}

function refuse(): never {
  throw new Refusal("validation", "lastEventId: is not a place in this stream", {
    fields: { lastEventId: "is not a place in this stream" },
  });
}
