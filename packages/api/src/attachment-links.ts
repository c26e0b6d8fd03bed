/**
 * Links to the files of messages, put in on the way out: each reading has its own, and nothing that is kept has any.
 *
 * @module
 */
import type { Attachment } from "@axon/contracts/attachments";
import type { AttachmentLinks } from "@axon/core/conversations";

interface WithFiles {
  attachments: Attachment[];
}

/** The message with a link to each of its files. */
export function withLinks<Message extends WithFiles>(links: AttachmentLinks, workspaceId: string, message: Message): Message {
  if (message.attachments.length === 0) return message;
  const attachments = message.attachments.map((file) => ({ ...file, url: links.linkTo(workspaceId, file.id).url }));
  return { ...message, attachments };
}

/** The same for a page of messages. */
export function pageWithLinks<Message extends WithFiles, Page extends { items: Message[] }>(
  links: AttachmentLinks,
  workspaceId: string,
  page: Page,
): Page {
  return { ...page, items: page.items.map((message) => withLinks(links, workspaceId, message)) };
}
