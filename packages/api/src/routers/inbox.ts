/** How a team keeps its conversations apart and finds them again. */
import {
  assignInput,
  importInput,
  noteInput,
  searchMessagesInput,
  setAttributesInput,
  setPriorityInput,
  tagInput,
} from "@axon/contracts/inbox";
import {
  addNote,
  assignConversation,
  countInbox,
  importConversations,
  searchMessages,
  setAttributes,
  setPriority,
  tagConversation,
  untagConversation,
} from "@axon/core/conversations";
import { withLinks } from "../attachment-links.ts";
import { readingProcedure, workspaceProcedure } from "../trpc.ts";

const reading = readingProcedure("conversations.read");
const writing = workspaceProcedure("conversations.write");
const importing = workspaceProcedure("conversations.import");

/** Of the conversations' router. */
export const inboxProcedures = {
  assign: writing.input(assignInput).mutation(({ ctx, input }) => ctx.run((ws) => assignConversation(ws, input))),
  tag: writing.input(tagInput).mutation(({ ctx, input }) => ctx.run((ws) => tagConversation(ws, input))),
  untag: writing.input(tagInput).mutation(({ ctx, input }) => ctx.run((ws) => untagConversation(ws, input))),
  setPriority: writing.input(setPriorityInput).mutation(({ ctx, input }) => ctx.run((ws) => setPriority(ws, input))),
  setAttributes: writing.input(setAttributesInput).mutation(({ ctx, input }) => ctx.run((ws) => setAttributes(ws, input))),
  note: writing.input(noteInput).mutation(async ({ ctx, input }) => {
    const { message } = await ctx.run((ws) => addNote(ws, input));
    return { message: withLinks(ctx.services.attachments.links, ctx.workspaceId, message) };
  }),
  counts: reading.query(({ ctx }) => ctx.run((ws) => countInbox(ws))),
  search: reading.input(searchMessagesInput).query(({ ctx, input }) => ctx.run((ws) => searchMessages(ws, input))),
  import: importing.input(importInput).mutation(({ ctx, input }) => ctx.run((ws) => importConversations(ws, input))),
};
