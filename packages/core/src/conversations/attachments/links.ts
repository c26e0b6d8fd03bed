/**
 * Links to the files of messages: signed, good for ten minutes, and for the one file of the one workspace that they name.
 *
 * Whoever has a link has the file; so links are made for each reading, and are in no event and no log.
 *
 * @module
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { type AttachmentLink, attachmentLinkSeconds } from "@axon/contracts/attachments";

export interface AttachmentLinks {
  /** A link to a file that the caller may read. */
  linkTo(workspaceId: string, attachmentId: string): AttachmentLink;
  /** Whether a link of ours leads to that file of that workspace now. `query` as it came. */
  check(workspaceId: string, attachmentId: string, query: Readonly<Record<string, unknown>>): "good" | "expired" | "bad";
}

/**
 * `secrets` are those of the access tokens: the first one's key signs, all of them check. `baseUrl` is where clients reach this
 * server.
 */
export function createAttachmentLinks({ secrets, baseUrl }: { secrets: readonly string[]; baseUrl: string }): AttachmentLinks {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync("sha256", secret, "axon attachment links", "", 32)));
  const [signing] = keys;
  if (!signing) throw new Error("links to files need a secret to be signed with");
  const base = baseUrl.replace(/\/+$/, "");
  return {
    linkTo(workspaceId, attachmentId) {
      const expires = Math.ceil(Date.now() / 1000) + attachmentLinkSeconds;
      const signature = macOf(signing, workspaceId, attachmentId, expires).toString("base64url");
      return {
        attachmentId,
        url: `${base}/attachments/${workspaceId}/${attachmentId}?expires=${expires}&signature=${signature}`,
        expiresAt: new Date(expires * 1000).toISOString(),
      };
    },
    check(workspaceId, attachmentId, { expires, signature }) {
      if (typeof expires !== "string" || !/^[1-9]\d{0,11}$/.test(expires) || typeof signature !== "string") return "bad";
      const given = Buffer.from(signature, "base64url");
      const ours = keys.some((key) => {
        const right = macOf(key, workspaceId, attachmentId, Number(expires));
        return given.length === right.length && timingSafeEqual(given, right);
      });
      if (!ours) return "bad";
      return Date.now() / 1000 < Number(expires) ? "good" : "expired";
    },
  };
}

function macOf(key: Buffer, workspaceId: string, attachmentId: string, expires: number): Buffer {
  // As JSON, so that no two of them read the same.
  return createHmac("sha256", key)
    .update(JSON.stringify([workspaceId, attachmentId, expires]))
    .digest();
}
