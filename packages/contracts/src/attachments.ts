/**
 * Files that come with messages: which, how large, and how they look to those who read the message.
 *
 * @module
 */
import { z } from "zod";

/** Types that are taken, and the endings that stand for them. None that a browser would run. */
export const attachmentTypes = {
  "image/png": ["png"],
  "image/jpeg": ["jpg", "jpeg"],
  "image/gif": ["gif"],
  "image/webp": ["webp"],
  "application/pdf": ["pdf"],
  "text/plain": ["txt", "text", "log"],
  "text/csv": ["csv"],
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
  "audio/mpeg": ["mp3"],
  "audio/ogg": ["ogg", "oga"],
  "video/mp4": ["mp4", "m4v"],
} as const satisfies Record<string, readonly string[]>;
export type AttachmentMime = keyof typeof attachmentTypes;
// safe: the keys of a literal, of which there is at least one
export const attachmentMimes = Object.keys(attachmentTypes) as [AttachmentMime, ...AttachmentMime[]];

/** One file, in bytes. */
export const attachmentBytesMax = 20 * 1024 * 1024;
/** The same for a visitor of a widget. */
export const visitorFileBytesMax = 10 * 1024 * 1024;
/** Of one message. */
export const attachmentsPerMessageMax = 10;
/** Announced, and not sent with a message yet, of one sender. */
export const attachmentsWaitingMax = 50;
/** How long a link to a file lasts, in seconds. */
export const attachmentLinkSeconds = 600;
/** How long a file is kept that no message came with, in hours. */
export const attachmentWaitHours = 24;
/** Files that one visitor may announce in a minute. */
export const visitorUploadsPerMinute = 20;

export const attachmentStates = ["uploading", "ready"] as const;

const file = {
  name: z.string().trim().min(1).max(200),
  /** One of `attachmentTypes`; the ending of the name is asked where a browser knows no better than `application/octet-stream`. */
  mime: z.string().max(200),
  bytes: z.int().min(1).max(attachmentBytesMax),
};
export const visitorUploadInput = z.object({ ...file, bytes: file.bytes.max(visitorFileBytesMax) });
export const createAttachmentInput = z.object({ ...file, conversationId: z.uuid() });
export type CreateAttachmentInput = z.output<typeof createAttachmentInput>;
export const attachmentRef = z.object({ attachmentId: z.uuid() });
/** What a message takes: files of this conversation and sender that no other message came with. */
export const attachmentIds = z.array(z.uuid()).max(attachmentsPerMessageMax).optional();

/** Where the bytes go: one PUT with these headers. */
export const createdAttachment = z.object({
  attachmentId: z.uuid(),
  url: z.string(),
  method: z.literal("PUT"),
  headers: z.record(z.string(), z.string()),
});
export type CreatedAttachment = z.infer<typeof createdAttachment>;

export const attachedFile = z.object({ id: z.uuid(), name: z.string(), mime: z.string(), bytes: z.int() });
export type AttachedFile = z.infer<typeof attachedFile>;
/** `url` opens the file for ten minutes, without further identification. Events go without: `attachments.link` gives one. */
export const attachment = attachedFile.extend({ url: z.string().optional() });
export type Attachment = z.infer<typeof attachment>;
export const attachmentLink = z.object({ attachmentId: z.uuid(), url: z.string(), expiresAt: z.string() });
export type AttachmentLink = z.infer<typeof attachmentLink>;
