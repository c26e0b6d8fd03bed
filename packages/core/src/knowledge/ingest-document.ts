/**
 * From a file to searchable chunks: `queued → parsing → chunking → embedding → ready | failed`.
 *
 * Each step ends with a commit that says how far it came, so a worker that dies loses one step, and whoever takes over
 * begins at the step that is written down. Nothing slow happens inside a transaction.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { type IngestStep, uploadBytesMax } from "@axon/contracts/knowledge";
import { chunk, document, documentContent } from "@axon/db/schema/knowledge";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import type { ReadingDeps } from "./deps.ts";
import { embedChunks } from "./embed-chunks.ts";
import { type Failure, failure, failureOf } from "./failures.ts";
import { claimDocument, heartbeatMs, LeaseLost, releaseDocument, updateHeld } from "./lease.ts";
import { publishDocument, publishUnchanged } from "./publish-document.ts";
import { queueIngest } from "./queue-ingest.ts";
import { embedderInForce } from "./retrieval/state.ts";
import { bringPage, isToBeFetched } from "./sources/bring-page.ts";
import { stagedOf, storeChunks } from "./store-chunks.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

/** A document that has failed this many tries in all is given up, whoever asks for another. */
export const ingestAttemptsMax = 20;

/**
 * Carries one document as far as it can. Returns quietly when there is nothing to do: it is done, gone, or another worker's.
 * Ends the document as `failed` with a code when its file is the reason or this was the last try; throws for another try otherwise.
 */
export async function ingestDocument(
  deps: ReadingDeps,
  job: JobPayload<"knowledge.ingest">,
  run: Pick<JobRun, "signal" | "lastAttempt">,
): Promise<void> {
  const { workspaceId } = job;
  const held = await deps.inWorkspace(workspaceId, (ws) => claimDocument(ws, job.documentId));
  if (!held) return;
  try {
    await carryAlive(deps, workspaceId, held, run);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
  }
}

/** Says every while that it lives, and stops when another has taken over. Throws `LeaseLost` then. */
async function carryAlive(
  deps: ReadingDeps,
  workspaceId: string,
  held: DocumentRow,
  run: Pick<JobRun, "signal" | "lastAttempt">,
): Promise<void> {
  const end = (how: Failure) => deps.inWorkspace(workspaceId, (ws) => failDocument(ws, held, how));
  // Whoever claims it this late follows workers that died of it, or of nothing that they could say.
  if (held.attempts > ingestAttemptsMax) return end(failure("internal"));
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    deps
      .inWorkspace(workspaceId, (ws) => updateHeld(ws, held, {}))
      .catch((error: unknown) => {
        if (error instanceof LeaseLost) lost.abort(error);
      });
  }, heartbeatMs);
  try {
    await carryOn(deps, workspaceId, held, AbortSignal.any([run.signal, lost.signal]));
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    lost.signal.throwIfAborted();
    const how = failureOf(error, { signal: run.signal, lastTry: run.lastAttempt || held.attempts === ingestAttemptsMax });
    if (how !== null) return await end(how);
    await deps.inWorkspace(workspaceId, (ws) => releaseDocument(ws, held));
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

async function carryOn(deps: ReadingDeps, workspaceId: string, claimed: DocumentRow, signal: AbortSignal): Promise<void> {
  let held = claimed;
  if (held.status === "queued" || held.status === "parsing") held = await parse(deps, workspaceId, held, signal);
  if (held.status === "chunking") held = await storeChunks(deps, workspaceId, held, signal);
  if (held.status === "embedding") {
    // Vectors that a changed server's embedder makes come later, all at once: see `reembed.ts`.
    const embedder = await deps.inWorkspace(workspaceId, (ws) => embedderInForce(ws, deps.embedder, deps.embedderOf));
    held = await embedChunks(deps, workspaceId, held, embedder, signal);
    await deps.inWorkspace(workspaceId, (ws) => publishDocument(ws, held, embedder.id));
  }
}

async function parse(deps: ReadingDeps, workspaceId: string, claimed: DocumentRow, signal: AbortSignal): Promise<DocumentRow> {
  await deps.inWorkspace(workspaceId, async (ws) => emitProgress(ws, await updateHeld(ws, claimed, { status: "parsing" })));
  const held = isToBeFetched(claimed) ? await bringPage(deps, workspaceId, claimed, signal) : claimed;
  const bytes = await deps.files.read(held.storageKey, uploadBytesMax);
  const contentHash = hashOf(held.mime, bytes);
  if (contentHash === held.contentHash) {
    await deps.inWorkspace(workspaceId, (ws) => publishUnchanged(ws, held));
    return { ...held, status: "ready" };
  }
  const parsed = await deps.parse({ bytes, mime: held.mime, name: held.name }, { signal });
  return deps.inWorkspace(workspaceId, async (ws) => {
    const next = await updateHeld(ws, held, { status: "chunking", contentHash });
    const content = { title: parsed.title, blocks: parsed.blocks, kept: null };
    await ws.tx
      .insert(documentContent)
      .values({ workspaceId, documentId: held.id, version: held.version, ...content })
      .onConflictDoUpdate({ target: [documentContent.workspaceId, documentContent.documentId, documentContent.version], set: content });
    emitProgress(ws, next);
    return next;
  });
}

/** To be raised when files are read or cut in another way than before: what was read then is read again. */
const readingVersion = 1;

function hashOf(mime: string, bytes: Uint8Array): string {
  return createHash("sha256").update(`${readingVersion} ${mime}\n`).update(bytes).digest("hex");
}

async function failDocument(ws: WorkspaceCtx, held: DocumentRow, { code, message }: Failure): Promise<void> {
  // What an earlier version published stays searchable: a failed re-read takes nothing away.
  const [now] = await ws.tx.select({ status: document.status }).from(document).where(eq(document.id, held.id));
  const failedStep = stepOf(now?.status ?? held.status);
  const row = await updateHeld(ws, held, {
    status: "failed",
    errorCode: code,
    errorMessage: message,
    failedStep,
    leaseUntil: null,
    dispatchedAt: null,
  });
  // What was embedded is paid for: it waits, unseen, for whoever has it taken up again.
  if (failedStep !== "embedding") {
    await ws.tx.delete(chunk).where(stagedOf(held));
    await ws.tx.delete(documentContent).where(and(eq(documentContent.documentId, held.id), eq(documentContent.version, held.version)));
  }
  emitProgress(ws, row);
  await queueIngest(ws);
}

function stepOf(status: DocumentRow["status"]): IngestStep {
  return status === "chunking" || status === "embedding" ? status : "parsing";
}
