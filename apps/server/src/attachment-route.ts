/**
 * Where the files of messages are fetched. The signed link is the credential; it names one file of one workspace, and ends.
 *
 * A file is handed out to be kept, never to be shown as a page of ours: whatever a browser might make of it, it runs nothing here.
 *
 * @module
 */

import { type AttachmentLinks, findStoredAttachment } from "@axon/core/conversations";
import { Refusal } from "@axon/core/errors";
import type { Parts } from "@axon/runtime/parts";
import type { FastifyInstance } from "fastify";
import { refuse } from "./door.ts";

interface AttachmentRouteDeps extends Pick<Parts, "inWorkspace" | "files"> {
  links: AttachmentLinks;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function addAttachmentRoute(app: FastifyInstance, { links, inWorkspace, files }: AttachmentRouteDeps): void {
  app.get<{ Params: { workspaceId: string; attachmentId: string }; Querystring: Record<string, unknown> }>(
    "/attachments/:workspaceId/:attachmentId",
    async (request, reply) => {
      const { workspaceId, attachmentId } = request.params;
      const whole = uuidPattern.test(workspaceId) && uuidPattern.test(attachmentId);
      const verdict = whole ? links.check(workspaceId, attachmentId, request.query) : "bad";
      if (verdict === "expired") return refuse(request, reply, new Refusal("link_invalid", "This link has expired, ask for another"), 410);
      if (verdict === "bad") return refuse(request, reply, new Refusal("link_invalid", "This link is not one of ours"), 403);
      const found = await findStoredAttachment(inWorkspace, workspaceId, attachmentId);
      if (found === null) return refuse(request, reply, new Refusal("not_found", "No such attachment"));
      const { bytes, body } = await files.stream(found.key);
      return reply
        .headers({
          "content-type": found.mime,
          "content-length": bytes,
          "content-disposition": dispositionOf(found.name),
          "x-content-type-options": "nosniff",
          "content-security-policy": "default-src 'none'; sandbox",
          "cross-origin-resource-policy": "cross-origin",
          "cache-control": "private, no-store",
        })
        .send(body);
    },
  );
}

/** RFC 6266: the name in ASCII for those who know no better, and whole for the others. */
function dispositionOf(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  const whole = encodeURIComponent(name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
