/**
 * A document's progress as a stream: where it stands now, then every step as it happens.
 *
 * @module
 */
import type { StreamEvent } from "@axon/contracts/events";
import type { WorkspaceCtx } from "@axon/core/context";
import { workspacePlace } from "@axon/core/conversations";
import { getDocument } from "@axon/core/knowledge";
import type { LiveStreams, Placed } from "./context.ts";

interface Watching {
  services: { live: LiveStreams };
  workspaceId: string;
  run<Result>(verb: (ws: WorkspaceCtx) => Promise<Result>): Promise<Result>;
}

/** With a `documentId` only that document's; one that is not there is refused with `not_found`. */
export async function* progressOf(
  ctx: Watching,
  input: { documentId?: string | undefined; lastEventId?: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<Placed> {
  const { documentId } = input;
  // Both in one snapshot, so that no step falls between where it stands and what follows.
  const now = await ctx.run(async (ws) => ({
    place: await workspacePlace(ws),
    document: documentId === undefined ? null : await getDocument(ws, documentId),
  }));
  const head = String(now.place.head);
  if (now.document !== null && input.lastEventId === undefined) {
    const { id, sourceId, status, progress, error, updatedAt } = now.document;
    const event: StreamEvent = {
      type: "document.progress",
      id,
      at: updatedAt,
      workspaceId: ctx.workspaceId,
      documentId: id,
      sourceId,
      status,
      ...progress,
      error,
    };
    yield { id: head, event };
  }
  for await (const placed of ctx.services.live.follow({ workspaceId: ctx.workspaceId, after: input.lastEventId ?? head, signal })) {
    const { event } = placed;
    if (event.type === "resync" || (event.type === "document.progress" && (documentId === undefined || event.documentId === documentId)))
      yield placed;
  }
}
