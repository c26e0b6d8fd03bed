/**
 * Removing the files of what was deleted.
 *
 * @module
 */
import type { JobPayload } from "@axon/contracts/jobs";
import type { KnowledgeDeps } from "./deps.ts";

/** Removes the files; those that are gone already are fine. Keys of another workspace are never touched. */
export async function purgeFiles(deps: Pick<KnowledgeDeps, "files">, job: JobPayload<"knowledge.purge">): Promise<void> {
  await deps.files.remove(job.storageKeys.filter((key) => key.startsWith(`${job.workspaceId}/`)));
}
