/**
 * A web site in memory, which a test sets, changes and takes away; and how its source is looked at as a worker would.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { createSourceInput, Source } from "@axon/contracts/sources";
import type { ListedPage, Web, WebErrorCode, WebPage } from "@axon/contracts/web";
import { document, knowledgeSource, sourcePage } from "@axon/db/schema/knowledge";
import { asc, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { Scene } from "../../scene.fixture.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { createSource, getSource } from "../index.ts";
import { type Library, openLibrary } from "../library.fixture.ts";
import { type SyncBounds, syncSource } from "./sync-source.ts";

export const home = "https://shop.example";

/** A text is a page; its lines `-> /path` are its links. */
export type SitePage =
  | string
  | { text: string; title?: string; canonical?: string; noindex?: boolean }
  | { moved: string }
  | { error: WebErrorCode; transient?: boolean }
  | { list: (ListedPage | string)[]; sitemaps?: string[] };

export interface Site extends Web {
  pages: Map<string, SitePage>;
  /** Addresses in the order in which they were asked for; `=` behind those that had not changed. */
  asked: string[];
  /** Runs before each answer. */
  before: (url: string) => void | Promise<void>;
}

class WebError extends Error {
  override readonly name = "WebError";
  readonly code: WebErrorCode;
  readonly transient: boolean;
  constructor(code: WebErrorCode, transient: boolean) {
    super(`the web says ${code}`);
    this.code = code;
    this.transient = transient;
  }
}

/** Paths are those of `home`. */
export function openSite(pages: Record<string, SitePage>): Site {
  const site: Site = {
    pages: new Map(Object.entries(pages)),
    asked: [],
    before: () => {},
    check: (url) => {
      if (url.includes("127.0.0.1")) throw new WebError("url_blocked", false);
    },
    linksOf: (url, bytes) => linksOf(url, new TextDecoder().decode(bytes)),
    visit: (signal) => ({
      page: async (url, { etag }) => {
        const found = await find(url, signal);
        if (typeof found === "object" && "moved" in found) return { kind: "moved", to: new URL(found.moved, url).href };
        const page = typeof found === "string" ? { text: found } : found;
        if (!("text" in page)) throw new WebError("unsupported_type", false);
        return answer(url, page, etag ?? null);
      },
      sitemap: async (url) => {
        const found = await find(url, signal);
        if (typeof found !== "object" || !("list" in found)) throw new WebError("invalid", false);
        const pages = found.list.map((one) => (typeof one === "string" ? { url: new URL(one, url).href, lastModified: null } : one));
        return { pages, sitemaps: (found.sitemaps ?? []).map((one) => new URL(one, url).href) };
      },
    }),
  };
  async function find(url: string, signal: AbortSignal): Promise<SitePage> {
    site.asked.push(url.replace(home, ""));
    await site.before(url.replace(home, ""));
    signal.throwIfAborted();
    const found = site.pages.get(url.replace(home, "")) ?? { error: "http_404" };
    if (typeof found === "object" && "error" in found) throw new WebError(found.error, found.transient === true);
    return found;
  }
  function answer(
    url: string,
    { text, title, canonical, noindex = false }: Extract<SitePage, { text: string }>,
    etag: string | null,
  ): WebPage {
    const now = createHash("sha256").update(text).digest("hex").slice(0, 8);
    if (etag === now) {
      site.asked.push(`${site.asked.pop()}=`);
      return { kind: "unchanged" };
    }
    return {
      kind: "page",
      url,
      mime: "text/html",
      bytes: new TextEncoder().encode(text),
      etag: now,
      lastModified: null,
      title: title ?? null,
      canonical: canonical === undefined ? null : new URL(canonical, url).href,
      noindex,
      links: linksOf(url, text),
    };
  }
  return site;
}

function linksOf(url: string, text: string): string[] {
  return [...text.matchAll(/^-> (.+)$/gm)].map(([, to = ""]) => new URL(to, url).href);
}

/** A workspace with a site, a source that is to be looked at, and the worker's hands. */
export async function openShop(
  scene: Scene,
  pages: Record<string, SitePage>,
  settings: NonNullable<z.input<typeof createSourceInput>["settings"]> = {},
  kind: "url" | "sitemap" = "url",
) {
  const { workspaceId } = await scene.found("shop");
  const site = openSite(pages);
  const library: Library & Pick<KnowledgeDeps, "web"> = openLibrary(scene, { web: site });
  const { id: sourceId } = await scene.inWorkspace(workspaceId, (ws) =>
    createSource(ws, { kind, name: "Shop", settings: { url: `${home}/`, ...settings } }),
  );
  const run = (bounds?: SyncBounds, { signal = new AbortController().signal, lastAttempt = false } = {}) =>
    syncSource(library, { workspaceId, sourceId }, { signal, lastAttempt }, bounds);
  const source = (): Promise<Source> => scene.inWorkspace(workspaceId, (ws) => getSource(ws, sourceId));
  return {
    workspaceId,
    sourceId,
    site,
    library,
    run,
    source,
    /** Has the source queued again and looked at to the end. */
    async sync(bounds?: SyncBounds): Promise<Source> {
      await scene.inWorkspace(workspaceId, ({ tx }) =>
        tx.update(knowledgeSource).set({ syncState: "queued" }).where(sql`${knowledgeSource.syncState} in ('idle', 'failed')`),
      );
      site.asked.length = 0;
      await run(bounds);
      return source();
    },
    /** By path: name, version and status of each document. */
    async documents(): Promise<Record<string, string>> {
      const rows = await scene.inWorkspace(workspaceId, ({ tx }) =>
        tx.select().from(document).where(eq(document.sourceId, sourceId)).orderBy(asc(document.uri)),
      );
      return Object.fromEntries(
        rows.map(({ uri, name, version, status }) => [uri?.replace(home, "") ?? "", `${name} ${version} ${status}`]),
      );
    },
    /** By path: state, and why. */
    async pages(): Promise<Record<string, string>> {
      const rows = await scene.inWorkspace(workspaceId, ({ tx }) =>
        tx.select().from(sourcePage).where(eq(sourcePage.sourceId, sourceId)).orderBy(asc(sourcePage.url)),
      );
      return Object.fromEntries(
        rows.map(({ url, state, reason }) => [url.replace(home, ""), reason === null ? state : `${state} ${reason}`]),
      );
    },
    /** What time does to the lease of a dead worker. */
    expire: () =>
      scene.inWorkspace(workspaceId, ({ tx }) =>
        tx
          .update(knowledgeSource)
          .set({ syncLeaseUntil: sql`now() - interval '1 second'`, syncDueAt: sql`now() - interval '1 second'` })
          .where(eq(knowledgeSource.id, sourceId)),
      ),
  };
}
