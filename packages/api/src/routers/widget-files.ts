/** Files of a visitor, on their way in and to be opened. Whose they are follows from the token, never from the input. */
import { attachmentRef, visitorUploadInput } from "@axon/contracts/attachments";
import {
  announceAttachment,
  completeAttachment,
  countVisitorUpload,
  requireVisitorAttachment,
  uploadPlace,
} from "@axon/core/conversations";
import { visitorProcedure } from "../trpc.ts";

/** Of the widget's router. */
export const widgetFileProcedures = {
  createUpload: visitorProcedure.input(visitorUploadInput).mutation(async ({ ctx, input }) => {
    await countVisitorUpload(ctx.services.widget, ctx.visitor.contactId);
    const announced = await ctx.run((ws) => announceAttachment(ws, { ...input, conversationId: null }));
    return uploadPlace(ctx.services.knowledge.files, announced);
  }),
  completeUpload: visitorProcedure
    .input(attachmentRef)
    .mutation(({ ctx, input }) =>
      completeAttachment(ctx.services.knowledge.files, (verb) => ctx.run((ws) => verb(ws)), input.attachmentId),
    ),
  attachmentLink: visitorProcedure.input(attachmentRef).query(async ({ ctx, input }) => {
    const { id } = await ctx.run((ws, who) => requireVisitorAttachment(ws, who, input.attachmentId));
    return ctx.services.attachments.links.linkTo(ctx.visitor.workspaceId, id);
  }),
};
