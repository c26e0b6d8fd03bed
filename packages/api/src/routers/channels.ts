/** Channels: where customers write in. */
import { channelRef, createChannelInput, listChannelsInput, updateChannelInput } from "@axon/contracts/channels";
import {
  channelKindInfos,
  createChannel,
  deleteChannel,
  getChannel,
  listChannels,
  rotateIdentitySecret,
  updateChannel,
} from "@axon/core/channels";
import { router, workspaceProcedure } from "../trpc.ts";

const reading = workspaceProcedure("channels.read");
const managing = workspaceProcedure("channels.manage");

export const channelsRouter = router({
  kinds: reading.query(() => ({ items: [...channelKindInfos] })),
  create: managing
    .input(createChannelInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => createChannel(ws, ctx.services.widget.sealer, input))),
  list: reading.input(listChannelsInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listChannels(ws, input))),
  get: reading.input(channelRef).query(({ ctx, input }) => ctx.run((ws) => getChannel(ws, input.channelId))),
  update: managing.input(updateChannelInput).mutation(({ ctx, input }) => ctx.run((ws) => updateChannel(ws, input))),
  delete: managing.input(channelRef).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => deleteChannel(ws, ctx.services.widget.sealer, input.channelId));
    return { ok: true as const };
  }),
  rotateIdentitySecret: managing
    .input(channelRef)
    .mutation(({ ctx, input }) => ctx.run((ws) => rotateIdentitySecret(ws, ctx.services.widget.sealer, input.channelId))),
});
