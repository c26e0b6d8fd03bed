/** Conversations, and following them live. */
import {
  conversationRef,
  listMessagesInput,
  onConversationInput,
  onWorkspaceInput,
  sendInput,
  setStatusInput,
  snoozeInput,
  startInput,
} from "@axon/contracts/conversations";
import { rateEitherInput, rateResolutionInput } from "@axon/contracts/csat";
import { listConversationsInput } from "@axon/contracts/inbox";
import {
  getConversation,
  listConversations,
  listMessages,
  rate,
  rateResolution,
  returnToAi,
  type Speaker,
  sendMessage,
  setStatus,
  snoozeConversation,
  startConversation,
  startingPoint,
  takeOver,
  workspacePlace,
} from "@axon/core/conversations";
import { pageWithLinks, withLinks } from "../attachment-links.ts";
import { asItIs, liveStream } from "../live-stream.ts";
import { readingProcedure, router, workspaceProcedure } from "../trpc.ts";
import { contactProcedures } from "./contacts.ts";
import { inboxProcedures } from "./inbox.ts";
import { typing } from "./typing.ts";

const reading = workspaceProcedure("conversations.read");
const onlyReading = readingProcedure("conversations.read");
const writing = workspaceProcedure("conversations.write");

/** As the customer when the caller says so, else as the person (or the key) that calls. */
function speakerOf(as: "contact" | "member", ctx: { accountId: string | null; principal: { name: string } }): Speaker {
  return as === "contact" ? { as } : { as, accountId: ctx.accountId, name: ctx.principal.name };
}

export const conversationsRouter = router({
  ...inboxProcedures,
  ...contactProcedures,
  typing,
  start: writing.input(startInput).mutation(({ ctx, input }) => ctx.run((ws) => startConversation(ws, input, speakerOf(input.as, ctx)))),
  send: writing.input(sendInput).mutation(async ({ ctx, input }) => {
    const { message } = await ctx.run((ws) => sendMessage(ws, input, speakerOf(input.as, ctx)));
    return { message: withLinks(ctx.services.attachments.links, ctx.workspaceId, message) };
  }),
  setStatus: writing.input(setStatusInput).mutation(({ ctx, input }) => ctx.run((ws) => setStatus(ws, input))),
  snooze: writing.input(snoozeInput).mutation(({ ctx, input }) => ctx.run((ws) => snoozeConversation(ws, input))),
  takeOver: writing
    .input(conversationRef)
    .mutation(({ ctx, input }) =>
      ctx.run((ws) => takeOver(ws, input.conversationId, { as: "member", accountId: ctx.accountId, name: ctx.principal.name })),
    ),
  returnToAi: writing.input(conversationRef).mutation(({ ctx, input }) => ctx.run((ws) => returnToAi(ws, input.conversationId))),
  // An answer or the whole matter. Over REST its path names an answer, so that the other has a procedure to itself.
  rate: writing.input(rateEitherInput).mutation(({ ctx, input }) => ctx.run((ws) => rate(ws, input, ctx.accountId))),
  rateResolution: writing.input(rateResolutionInput).mutation(({ ctx, input }) => ctx.run((ws) => rateResolution(ws, input))),
  list: onlyReading.input(listConversationsInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listConversations(ws, input))),
  get: onlyReading.input(conversationRef).query(({ ctx, input }) => ctx.run((ws) => getConversation(ws, input.conversationId))),
  messages: router({
    list: onlyReading
      .input(listMessagesInput)
      .query(({ ctx, input }) =>
        ctx.run(async (ws) => pageWithLinks(ctx.services.attachments.links, ws.workspaceId, await listMessages(ws, input))),
      ),
  }),
  onConversation: reading.input(onConversationInput).subscription(({ ctx, input: { conversationId, lastEventId } }) => {
    const { workspaceId } = ctx;
    // Where it begins is looked up also when the place is given: what is not there is refused.
    const begin = async () => {
      const head = await ctx.run((ws) => startingPoint(ws, conversationId));
      return { workspaceId, conversationId, after: lastEventId ?? String(head) };
    };
    return liveStream({ live: ctx.services.live, begin, signal: ctx.ended, show: asItIs });
  }),
  onWorkspace: reading.input(onWorkspaceInput.prefault({})).subscription(({ ctx, input: { lastEventId } }) => {
    const { workspaceId } = ctx;
    const begin = async () => ({ workspaceId, after: lastEventId ?? String((await ctx.run((ws) => workspacePlace(ws))).head) });
    return liveStream({ live: ctx.services.live, begin, signal: ctx.ended, show: asItIs });
  }),
});
