/** The people who write in, what they send as files, and what can be taken away of it all. */
import { attachmentRef, createAttachmentInput } from "@axon/contracts/attachments";
import {
  contactRef,
  exportContactInput,
  exportConversationInput,
  listContactsInput,
  listErasuresInput,
  mergeContactsInput,
  updateContactInput,
} from "@axon/contracts/contacts";
import {
  announceAttachment,
  completeAttachment,
  eraseContact,
  exportContact,
  exportConversation,
  getContact,
  listContacts,
  listErasures,
  mergeContacts,
  requireAttachment,
  updateContact,
  uploadPlace,
} from "@axon/core/conversations";
import { withLinks } from "../attachment-links.ts";
import { router, workspaceProcedure } from "../trpc.ts";

const reading = workspaceProcedure("conversations.read");
const writing = workspaceProcedure("conversations.write");
const erasing = workspaceProcedure("contacts.erase");

/** Of the conversations' router. */
export const contactProcedures = {
  contacts: router({
    list: reading.input(listContactsInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listContacts(ws, input))),
    get: reading.input(contactRef).query(({ ctx, input }) => ctx.run((ws) => getContact(ws, input.contactId))),
    update: writing.input(updateContactInput).mutation(({ ctx, input }) => ctx.run((ws) => updateContact(ws, input))),
    merge: writing.input(mergeContactsInput).mutation(({ ctx, input }) => ctx.run((ws) => mergeContacts(ws, input))),
    export: reading.input(exportContactInput).query(async ({ ctx, input }) => {
      const { links } = ctx.services.attachments;
      const page = await ctx.run((ws) => exportContact(ws, input));
      const messages = page.messages.map((message) => withLinks(links, ctx.workspaceId, message));
      return { ...withLinks(links, ctx.workspaceId, page), messages };
    }),
    delete: erasing.input(contactRef).mutation(({ ctx, input }) => {
      const { files } = ctx.services.knowledge;
      return eraseContact({ inWorkspace: ctx.inWorkspace, files }, ctx.workspaceId, input.contactId);
    }),
    erasures: router({
      list: erasing.input(listErasuresInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listErasures(ws, input))),
    }),
  }),
  attachments: router({
    createUpload: writing.input(createAttachmentInput).mutation(async ({ ctx, input }) => {
      const announced = await ctx.run((ws) => announceAttachment(ws, input));
      return uploadPlace(ctx.services.knowledge.files, announced);
    }),
    completeUpload: writing
      .input(attachmentRef)
      .mutation(({ ctx, input }) => completeAttachment(ctx.services.knowledge.files, ctx.run, input.attachmentId)),
    link: reading.input(attachmentRef).query(async ({ ctx, input }) => {
      const { id } = await ctx.run((ws) => requireAttachment(ws, input.attachmentId));
      return ctx.services.attachments.links.linkTo(ctx.workspaceId, id);
    }),
  }),
  export: reading.input(exportConversationInput).query(async ({ ctx, input }) => {
    const { links } = ctx.services.attachments;
    const { messages, ...page } = await ctx.run((ws) => exportConversation(ws, input));
    if (messages === undefined) return page;
    return { ...page, messages: messages.map((message) => withLinks(links, ctx.workspaceId, message)) };
  }),
};
