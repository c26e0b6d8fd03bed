/** The widget: what a visitor of a web page may do. Which conversation is theirs follows from their token, never from the input. */
import { visitorRateEitherInput, visitorRateResolutionInput } from "@axon/contracts/csat";
import { onVisitorMessagesInput, openWidgetInput, visitorHistoryInput, visitorSendInput } from "@axon/contracts/widget";
import {
  countVisitorMessage,
  countVisitorRating,
  openWidget,
  rateAsVisitor,
  rateResolutionAsVisitor,
  requestHuman,
  sendAsVisitor,
  toVisitorEvent,
  visitorHistory,
  visitorPlace,
} from "@axon/core/conversations";
import { pageWithLinks, withLinks } from "../attachment-links.ts";
import { liveStream } from "../live-stream.ts";
import { publicProcedure, router, visitorProcedure } from "../trpc.ts";
import { visitorTyping } from "./typing.ts";
import { widgetFileProcedures } from "./widget-files.ts";

export const widgetRouter = router({
  ...widgetFileProcedures,
  open: publicProcedure.input(openWidgetInput).mutation(async ({ ctx, input }) => {
    const opened = await openWidget(ctx.services.widget, input, { ip: ctx.device.ip, origin: ctx.origin });
    if (opened.messages.items.every(({ attachments }) => attachments.length === 0)) return opened;
    const { workspaceId } = await ctx.services.widget.tokens.verify(opened.visitorToken);
    return { ...opened, messages: pageWithLinks(ctx.services.attachments.links, workspaceId, opened.messages) };
  }),
  send: visitorProcedure.input(visitorSendInput).mutation(async ({ ctx, input }) => {
    await countVisitorMessage(ctx.services.widget, { contactId: ctx.visitor.contactId, ip: ctx.device.ip });
    const sent = await ctx.run((ws, who) => sendAsVisitor(ws, who, input));
    return { ...sent, message: withLinks(ctx.services.attachments.links, ctx.visitor.workspaceId, sent.message) };
  }),
  history: visitorProcedure.input(visitorHistoryInput.prefault({})).query(async ({ ctx, input }) => {
    const page = await ctx.run((ws, who) => visitorHistory(ws, who, input));
    return pageWithLinks(ctx.services.attachments.links, ctx.visitor.workspaceId, page);
  }),
  rate: visitorProcedure.input(visitorRateEitherInput).mutation(async ({ ctx, input }) => {
    await countVisitorRating(ctx.services.widget, ctx.visitor.contactId);
    return ctx.run((ws, who) => rateAsVisitor(ws, who, input));
  }),
  rateResolution: visitorProcedure.input(visitorRateResolutionInput).mutation(async ({ ctx, input }) => {
    await countVisitorRating(ctx.services.widget, ctx.visitor.contactId);
    return ctx.run((ws, who) => rateResolutionAsVisitor(ws, who, input));
  }),
  typing: visitorTyping,
  requestHuman: visitorProcedure.mutation(({ ctx }) => ctx.run(requestHuman)),
  onMessages: visitorProcedure.input(onVisitorMessagesInput.prefault({})).subscription(({ ctx, input: { lastEventId } }) => {
    const { workspaceId } = ctx.visitor;
    const begin = async () => {
      const place = await ctx.run(visitorPlace);
      return { workspaceId, conversationId: place.conversationId, after: lastEventId ?? String(place.begin) };
    };
    return liveStream({ live: ctx.services.live, begin, signal: ctx.ended, show: toVisitorEvent });
  }),
});
