/**
 * One address of a sync: asked for, and what the answer means for its document.
 *
 * @module
 */
import type { PlanLimits } from "@axon/contracts/plan-limits";
import type { WebErrorCode, WebPage, WebVisit } from "@axon/contracts/web";
import { document, sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { isSameSite, isWanted, pageAddress } from "./addresses.ts";
import { startOf } from "./begin-sync.ts";
import { type PageOutcome, type PageRow, settlePage } from "./settle-page.ts";
import { storePage } from "./store-page.ts";
import type { SourceRow } from "./view.ts";

/** The same from whoever reads the web: core knows its errors by name. */
export interface WebTrouble extends Error {
  code: WebErrorCode;
  transient: boolean;
}

export function isWebTrouble(error: unknown): error is WebTrouble {
  return error instanceof Error && error.name === "WebError";
}

/** Why a sync as a whole has failed. */
export interface SyncFault {
  code: string;
  message: string;
}

/** Gives how the visit went: what a source's first page can't do without ends the whole sync. Throws `SyncLost`, or our own trouble. */
export async function visitPage(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "files" | "web">,
  visit: WebVisit,
  held: SourceRow,
  page: PageRow,
  plan: PlanLimits,
): Promise<{ fault: SyncFault | null; trouble: boolean }> {
  const isStart = page.url === startOf(held.settings);
  const settle = (outcome: PageOutcome) => deps.inWorkspace(held.workspaceId, (ws) => settlePage(ws, held, page, outcome, plan));
  let read: WebPage;
  try {
    const known = await deps.inWorkspace(held.workspaceId, (ws) => isKept(ws, page));
    read = await visit.page(page.url, { ...(known ? { etag: page.etag, lastModified: page.lastModified } : {}), redirects: "tell" });
  } catch (error) {
    if (!isWebTrouble(error)) throw error;
    await settle(outcomeOf(error));
    return { fault: isStart ? { code: error.code, message: error.message } : null, trouble: error.transient };
  }
  const fine = { fault: null, trouble: false };
  if (read.kind === "moved") return { fault: await settleMoved(settle, held, page, read.to, isStart), trouble: false };
  if (read.kind === "unchanged") {
    const links = await linksOfKept(deps, held, page);
    await settle({ state: "unchanged", document: "kept", counts: "unchanged", links });
    return fine;
  }
  const links = page.depth < depthOf(held) ? read.links.map((url) => ({ url, lastModified: null })) : [];
  if (read.noindex) {
    await settle({ state: "skipped", reason: "noindex", document: "gone", counts: "skipped", links });
    return {
      fault: isStart && links.length === 0 ? { code: "noindex", message: "The page asks to be left out of every index." } : null,
      trouble: false,
    };
  }
  const canonical = await deps.inWorkspace(held.workspaceId, (ws) => canonicalOf(ws, held, page, read));
  if (canonical !== null) {
    await settle({ state: "skipped", reason: "canonical", document: "missed", counts: "skipped", instead: canonical, links });
    return fine;
  }
  await storePage(deps, held, page, read, { links }, plan);
  return fine;
}

/** Links are followed from pages above this depth. The pages of a list are all that is wanted. */
function depthOf({ kind, settings }: SourceRow): number {
  return kind === "url" ? (settings.depth ?? 0) : 0;
}

function outcomeOf({ code, transient }: WebTrouble): PageOutcome {
  if (code === "http_410") return { state: "skipped", reason: code, document: "gone", counts: "skipped" };
  if (code === "http_404" || code === "robots_denied") return { state: "skipped", reason: code, document: "missed", counts: "skipped" };
  if (transient) return { state: "failed", reason: code, document: "kept", counts: "failed" };
  return { state: "skipped", reason: code, document: "kept", counts: "skipped" };
}

/** A step within the site is taken like a link to another page; a first page that leads away from its site is no first page. */
async function settleMoved(
  settle: (outcome: PageOutcome) => Promise<void>,
  held: SourceRow,
  page: PageRow,
  to: string,
  isStart: boolean,
): Promise<SyncFault | null> {
  const instead = pageAddress(to);
  const within =
    instead !== null && instead !== page.url && isSameSite(page.url, instead) && (page.depth === 0 || isWanted(held.settings, instead));
  if (within) {
    await settle({ state: "skipped", reason: "moved", document: "missed", counts: "skipped", instead });
    return null;
  }
  const reason = instead === page.url ? "redirects" : "moved_away";
  await settle({ state: "skipped", reason, document: "missed", counts: "skipped" });
  const message =
    reason === "redirects" ? "The address leads on to itself." : "The address leads on to another site. Make a source for that one.";
  return isStart ? { code: reason, message } : null;
}

/** True while the page's document is there: only then it is enough to hear that it has not changed. */
async function isKept(ws: WorkspaceCtx, page: PageRow): Promise<boolean> {
  if (page.documentId === null || page.contentHash === null) return false;
  const [there] = await ws.tx.select({ id: document.id }).from(document).where(eq(document.id, page.documentId));
  return there !== undefined;
}

/** A page that has not changed leads where it did; its bytes are still here. */
async function linksOfKept(deps: Pick<KnowledgeDeps, "inWorkspace" | "files" | "web">, held: SourceRow, page: PageRow) {
  if (page.depth >= depthOf(held) || page.documentId === null) return [];
  const id = page.documentId;
  const [row] = await deps.inWorkspace(held.workspaceId, (ws) => ws.tx.select().from(document).where(eq(document.id, id)));
  if (row?.mime !== "text/html") return [];
  const bytes = await deps.files.read(row.storageKey, row.bytes);
  return deps.web.linksOf(page.url, bytes).map((url) => ({ url, lastModified: null }));
}

/** The address that the page calls its own, when it is another of this site and has not sent us on itself. */
async function canonicalOf(
  ws: WorkspaceCtx,
  held: SourceRow,
  page: PageRow,
  read: Extract<WebPage, { kind: "page" }>,
): Promise<string | null> {
  const address = read.canonical === null ? null : pageAddress(read.canonical);
  if (address === null || address === page.url || !isWanted(held.settings, address) || address.replace(/^http:/, "https:") === page.url)
    return null;
  const [refused] = await ws.tx
    .select({ url: sourcePage.url })
    .from(sourcePage)
    .where(
      and(
        eq(sourcePage.sourceId, held.id),
        eq(sourcePage.url, address),
        eq(sourcePage.sync, held.sync),
        inArray(sourcePage.state, ["skipped", "failed"]),
      ),
    );
  return refused ? null : address;
}
