/**
 * What the widget's flows are handed, and how much one visitor may ask.
 *
 * @module
 */
import { visitorUploadsPerMinute } from "@axon/contracts/attachments";
import type { Limits, RateLimit } from "@axon/contracts/limits";
import {
  visitorMessagesPerAddressPerMinute,
  visitorMessagesPerMinute,
  visitorRatingsPerMinute,
  visitsPerAddressPerMinute,
} from "@axon/contracts/widget";
import type { Database } from "@axon/db/connect";
import { networkOf, type VisitorTokens } from "../auth/index.ts";
import type { InWorkspace } from "../context.ts";
import { Refusal } from "../errors.ts";
import type { Sealer } from "../sealing.ts";

export interface WidgetDeps {
  database: Pick<Database, "auth">;
  inWorkspace: InWorkspace;
  limits: Limits;
  sealer: Sealer;
  tokens: VisitorTokens;
}

export const visitLimit: RateLimit = { name: "widget-open", points: visitsPerAddressPerMinute, seconds: 60 };
const messageLimit: RateLimit = { name: "widget-send", points: visitorMessagesPerMinute, seconds: 60 };
const ratingLimit: RateLimit = { name: "widget-rate", points: visitorRatingsPerMinute, seconds: 60 };
const uploadLimit: RateLimit = { name: "widget-upload", points: visitorUploadsPerMinute, seconds: 60 };
const addressLimit: RateLimit = { name: "widget-send-ip", points: visitorMessagesPerAddressPerMinute, seconds: 60 };

/** Counts a message of this visitor, and of their address. Refuses with `rate_limited` and `retryAfterMs`. */
export async function countVisitorMessage(
  { limits }: Pick<WidgetDeps, "limits">,
  { contactId, ip }: { contactId: string; ip: string | null },
): Promise<void> {
  await takeOrRefuse(limits, messageLimit, contactId, "Too many messages, wait a moment");
  await takeOrRefuse(limits, addressLimit, networkOf(ip ?? "unknown"), "Too many messages from this address, wait a moment");
}

/** Counts a rating of this visitor. Refuses with `rate_limited` and `retryAfterMs`. */
export async function countVisitorRating({ limits }: Pick<WidgetDeps, "limits">, contactId: string): Promise<void> {
  await takeOrRefuse(limits, ratingLimit, contactId, "Too many ratings, wait a moment");
}

/** Counts a file of this visitor. Refuses with `rate_limited` and `retryAfterMs`. */
export async function countVisitorUpload({ limits }: Pick<WidgetDeps, "limits">, contactId: string): Promise<void> {
  await takeOrRefuse(limits, uploadLimit, contactId, "Too many files, wait a moment");
}

export async function takeOrRefuse(limits: Limits, limit: RateLimit, key: string, message: string): Promise<void> {
  const allowance = await limits.take(limit, key);
  if (!allowance.ok) throw new Refusal("rate_limited", message, { retryAfterMs: allowance.retryAfterMs });
}
