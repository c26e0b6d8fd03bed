/** Who is writing, and who is there. */

import type { TypingEvent } from "@axon/contracts/events";
import { typingInput, visitorTypingInput } from "@axon/contracts/presence";
import { mayTellTyping, type Speaker, typingOf, typingOfVisitor } from "@axon/core/conversations";
import type { ApiServices } from "../context.ts";
import { visitorProcedure, workspaceProcedure } from "../trpc.ts";

const writing = workspaceProcedure("conversations.write");

export const typing = writing.input(typingInput).mutation(({ ctx, input }) => {
  const speaker: Speaker =
    input.as === "contact" ? { as: "contact" } : { as: "member", accountId: ctx.accountId, name: ctx.principal.name };
  return ctx.run((ws) => typingOf(ws, input, speaker)).then((event) => tell(ctx.services, event));
});

export const visitorTyping = visitorProcedure.input(visitorTypingInput).mutation(async ({ ctx, input }) => {
  const event = await ctx.run((ws, who) => typingOfVisitor(ws, who, input.on));
  return event === null ? { told: false } : tell(ctx.services, event);
});

export const presence = workspaceProcedure("members.read").query(async ({ ctx }) => ({
  online: await ctx.services.live.online(ctx.workspaceId),
}));

async function tell({ auth, live }: Pick<ApiServices, "auth" | "live">, event: TypingEvent): Promise<{ told: boolean }> {
  const told = await mayTellTyping(auth.limits, event);
  if (told) live.tell({ workspaceId: event.workspaceId, conversationId: event.conversationId }, event);
  return { told };
}
