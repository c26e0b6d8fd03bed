/**
 * Reading channels, and what kinds of them there are.
 *
 * @module
 */
import type { Channel, ChannelKindInfo } from "@axon/contracts/channels";
import type { Page, PageInput } from "@axon/contracts/common";
import { channel } from "@axon/db/schema/conversations";
import { and, asc, gt, isNull } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { decodeCursor, isIdKey, toPage } from "../internal/paging.ts";
import { readChannel, toChannel } from "./view.ts";

/** Oldest first. Deleted ones are not among them. */
export async function listChannels(ws: WorkspaceCtx, input: PageInput): Promise<Page<Channel>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select()
    .from(channel)
    .where(and(isNull(channel.deletedAt), after ? gt(channel.id, after[0]) : undefined))
    .orderBy(asc(channel.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toChannel, (row) => [row.id]);
}

/** Refuses with `not_found`. */
export async function getChannel(ws: WorkspaceCtx, channelId: string): Promise<Channel> {
  return toChannel(await readChannel(ws, channelId));
}

/** How conversations live, wherever they are had. */
const talkSettings: ChannelKindInfo["settings"] = [
  { name: "reopen", description: "Within how many hours after the end a customer's message opens a conversation again", required: false },
  {
    name: "autoResolve",
    description: "After how many quiet minutes a conversation is resolved, and what is said with it",
    required: false,
  },
  { name: "csat", description: "Whether customers are asked how it went when a conversation is resolved", required: false },
  { name: "loopGuard", description: "How many replies a minute are too many, and how long the agent is silent then", required: false },
];

/** Every kind that there is, and what it needs. */
export const channelKindInfos: readonly ChannelKindInfo[] = [
  {
    kind: "web",
    name: "Web widget",
    description: "A chat on your own web pages.",
    creatable: true,
    settings: [
      { name: "agentId", description: "The agent that answers", required: true },
      {
        name: "allowedOrigins",
        description: "The pages that may open the widget, like https://shop.example; none named: any page",
        required: false,
      },
      { name: "requireIdentity", description: "Lets in only visitors whose identity your server has signed", required: false },
      { name: "routes", description: "Agents for conversations that the page has given a label", required: false },
      { name: "businessHours", description: "When people are there, and what is said when they are not", required: false },
      { name: "aiPaused", description: "True: no agent answers here, people do", required: false },
      ...talkSettings,
    ],
    steps: [
      "Give your page the channel's public key.",
      "To say who is signed in, have your server sign the user's id: hex HMAC-SHA256 under the identity secret. The secret stays on your server.",
    ],
  },
  {
    kind: "api",
    name: "API",
    description: "Conversations that your own programs carry in and out. Every workspace has this channel by itself.",
    creatable: false,
    settings: [
      {
        name: "threads",
        description: "one: a contact goes on in the conversation under way; many: each start begins one",
        required: false,
      },
      ...talkSettings,
    ],
    steps: ["Make an API key and call conversations.start."],
  },
];
