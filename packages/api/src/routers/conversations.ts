/** Conversations, and following them live. */
import { rateInput } from "@axon/contracts/calibration";
import {
  conversationRef,
  listConversationsInput,
  listMessagesInput,
  onConversationInput,
  onWorkspaceInput,
  sendInput,
  startInput,
} from "@axon/contracts/conversations";
import {
  getConversation,
  listConversations,
  listMessages,
  rateReply,
  type Speaker,
  sendMessage,
  startConversation,
  startingPoint,
  workspacePlace,
} from "@axon/core/conversations";
import { tracked } from "@trpc/server";
import { router, workspaceProcedure } from "../trpc.ts";

const reading = workspaceProcedure("conversations.read");
const writing = workspaceProcedure("conversations.write");

/** As the customer when the caller says so, else as the person (or the key) that calls. */
function speakerOf(as: "contact" | "member", ctx: { accountId: string | null; principal: { name: string } }): Speaker {
  return as === "contact" ? { as } : { as, accountId: ctx.accountId, name: ctx.principal.name };
}

export const conversationsRouter = router({
  start: writing.input(startInput).mutation(({ ctx, input }) => ctx.run((ws) => startConversation(ws, input, speakerOf(input.as, ctx)))),
  send: writing.input(sendInput).mutation(({ ctx, input }) => ctx.run((ws) => sendMessage(ws, input, speakerOf(input.as, ctx)))),
  rate: writing.input(rateInput).mutation(({ ctx, input }) => ctx.run((ws) => rateReply(ws, input, ctx.accountId))),
  list: reading.input(listConversationsInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listConversations(ws, input))),
  get: reading.input(conversationRef).query(({ ctx, input }) => ctx.run((ws) => getConversation(ws, input.conversationId))),
  messages: router({
    list: reading.input(listMessagesInput).query(({ ctx, input }) => ctx.run((ws) => listMessages(ws, input))),
  }),
  onConversation: reading.input(onConversationInput).subscription(async function* ({ ctx, input }) {
    const { ended } = ctx;
    const { conversationId } = input;
    const begin = await ctx.run((ws) => startingPoint(ws, conversationId)); // Also refuses what is not there.
    for await (const { id, event } of ctx.services.live.conversation({
      workspaceId: ctx.workspaceId,
      conversationId,
      after: input.lastEventId ?? String(begin),
      signal: ended,
    })) {
      await ctx.pace(ended);
      yield tracked(id, event);
    }
  }),
  onWorkspace: reading.input(onWorkspaceInput.prefault({})).subscription(async function* ({ ctx, input }) {
    const { ended } = ctx;
    const after = input.lastEventId ?? String((await ctx.run((ws) => workspacePlace(ws))).head);
    for await (const { id, event } of ctx.services.live.workspace({ workspaceId: ctx.workspaceId, after, signal: ended })) {
      await ctx.pace(ended);
      yield tracked(id, event);
    }
  }),
});
