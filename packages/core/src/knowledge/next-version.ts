/**
 * Reading a document anew. What an earlier version published stays searchable until the new one is.
 *
 * @module
 */
import { document } from "@axon/db/schema/knowledge";
import { sql } from "drizzle-orm";
import type { DocumentRow } from "./view.ts";

/** What changes of a document whose next version begins: it waits for its turn, and a worker that still reads it has lost it. */
export function nextVersion(before: Pick<DocumentRow, "version" | "publishedVersion" | "contentHash">) {
  return {
    ...takenUpAgain,
    version: before.version + 1,
    status: "queued" as const,
    done: 0,
    total: 0,
    // Of bytes that were read and never published nobody may say later that they are known.
    contentHash: before.publishedVersion === before.version ? before.contentHash : null,
  };
}

/** What changes of a document that is to be carried on from the state it is in. */
export const takenUpAgain = {
  errorCode: null,
  errorMessage: null,
  failedStep: null,
  leaseToken: sql`${document.leaseToken} + 1`,
  leaseUntil: null,
  attempts: 0,
  dispatchedAt: null,
  updatedAt: sql`now()`,
};
