/** The widget: what a visitor of a web page may do. Which conversation is theirs follows from their token, never from the input. */
import { visitorRateInput } from "@axon/contracts/calibration";
import { onVisitorMessagesInput, openWidgetInput, visitorHistoryInput, visitorSendInput } from "@axon/contracts/widget";
import {
  countVisitorMessage,
  countVisitorRating,
  openWidget,
  rateAsVisitor,
  requestHuman,
  sendAsVisitor,
  toVisitorEvent,
  visitorHistory,
  visitorPlace,
} from "@axon/core/conversations";
import { tracked } from "@trpc/server";
import { publicProcedure, router, visitorProcedure } from "../trpc.ts";

export const widgetRouter = router({
  open: publicProcedure
    .input(openWidgetInput)
    .mutation(({ ctx, input }) => openWidget(ctx.services.widget, input, { ip: ctx.device.ip, origin: ctx.origin })),
  send: visitorProcedure.input(visitorSendInput).mutation(async ({ ctx, input }) => {
    await countVisitorMessage(ctx.services.widget, { contactId: ctx.visitor.contactId, ip: ctx.device.ip });
    return ctx.run((ws, who) => sendAsVisitor(ws, who, input));
  }),
  history: visitorProcedure
    .input(visitorHistoryInput.prefault({}))
    .query(({ ctx, input }) => ctx.run((ws, who) => visitorHistory(ws, who, input))),
  rate: visitorProcedure.input(visitorRateInput).mutation(async ({ ctx, input }) => {
    await countVisitorRating(ctx.services.widget, ctx.visitor.contactId);
    return ctx.run((ws, who) => rateAsVisitor(ws, who, input));
  }),
  requestHuman: visitorProcedure.mutation(({ ctx }) => ctx.run(requestHuman)),
  onMessages: visitorProcedure.input(onVisitorMessagesInput.prefault({})).subscription(async function* ({ ctx, input }) {
    const { conversationId, begin } = await ctx.run(visitorPlace);
    for await (const { id, event } of ctx.services.live.conversation({
      workspaceId: ctx.visitor.workspaceId,
      conversationId,
      after: input.lastEventId ?? String(begin),
      signal: ctx.ended,
    })) {
      const shown = toVisitorEvent(event);
      if (shown === null) continue;
      await ctx.pace(ctx.ended);
      yield tracked(id, shown);
    }
  }),
});
