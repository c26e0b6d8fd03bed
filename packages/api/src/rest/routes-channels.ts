/** Channels over REST. */
import { channel, channelKindInfo, createdChannel, rotatedIdentitySecret } from "@axon/contracts/channels";
import { z } from "zod";
import { ok, pageOf, routesOf } from "./route.ts";

export const channelRoutes = routesOf("channels")({
  "channels.kinds": {
    method: "GET",
    path: "/channel-kinds",
    summary: "List the kinds of channels, and what each needs",
    output: z.object({ items: z.array(channelKindInfo) }),
  },
  "channels.create": {
    method: "POST",
    path: "/channels",
    summary: "Make a channel; its identity secret is shown in this answer and never again",
    output: createdChannel,
    status: 201,
  },
  "channels.list": { method: "GET", path: "/channels", summary: "List the channels, oldest first", output: pageOf(channel) },
  "channels.get": { method: "GET", path: "/channels/{channelId}", summary: "Get a channel", output: channel },
  "channels.update": {
    method: "PATCH",
    path: "/channels/{channelId}",
    summary: "Change a channel; only what is given changes",
    output: channel,
  },
  "channels.delete": {
    method: "DELETE",
    path: "/channels/{channelId}",
    summary: "Take a channel down; its visitors are out at once, its conversations stay",
    output: ok,
  },
  "channels.rotateIdentitySecret": {
    method: "POST",
    path: "/channels/{channelId}/identity-secret",
    summary: "Replace the identity secret; it is shown in this answer and never again, and identities shown with the old one end",
    output: rotatedIdentitySecret,
    status: 201,
  },
});
