/**
 * The small words every other contract is spelled with: pages and idempotency keys.
 *
 * @module
 */
import { z } from "zod";

/** What every list takes: 1..100 items, and the opaque keyset cursor that the page before gave. */
export const pageInput = z.object({
  limit: z.int().min(1).max(100).default(50),
  cursor: z.string().max(500).optional(),
});
export type PageInput = z.infer<typeof pageInput>;

/** What every list gives. `nextCursor` is null on the last page. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** A caller's own key for "this is the same request again": the first result is given once more. */
export const idempotencyKey = z.string().min(1).max(100).optional();
