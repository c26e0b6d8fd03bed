/**
 * What the widget's flows are handed, and how much one visitor may ask.
 *
 * @module
 */
import type { Limits, RateLimit } from "@axon/contracts/limits";
import { visitorMessagesPerMinute, visitsPerAddressPerMinute } from "@axon/contracts/widget";
import type { Database } from "@axon/db/connect";
import type { VisitorTokens } from "../auth/index.ts";
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

/** Counts a message of this visitor. Refuses with `rate_limited` and `retryAfterMs`. */
export function countVisitorMessage(deps: Pick<WidgetDeps, "limits">, contactId: string): Promise<void> {
  return takeOrRefuse(deps.limits, messageLimit, contactId, "Too many messages, wait a moment");
}

export async function takeOrRefuse(limits: Limits, limit: RateLimit, key: string, message: string): Promise<void> {
  const allowance = await limits.take(limit, key);
  if (!allowance.ok) throw new Refusal("rate_limited", message, { retryAfterMs: allowance.retryAfterMs });
}
