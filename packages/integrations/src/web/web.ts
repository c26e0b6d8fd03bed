/**
 * The web as knowledge reads it: pages and sitemaps, politely and safely. Knows no workspace and stores nothing.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import type { PageRequest, Web, WebErrorCode, WebPage, WebVisit } from "@axon/contracts/web";
import { decodePage, mimeOf } from "./file-type.ts";
import { createManners, type Manners } from "./manners.ts";
import { directivesFor, readDirectives, readHtml } from "./read-html.ts";
import { everything, type Robots, readRobots, robotsBytesMax } from "./robots.ts";
import { type Fetched, type FetchTimes, safeFetch, usualTimes } from "./safe-fetch.ts";
import { readSitemap, sitemapBytesMax } from "./sitemap.ts";
import { checkUrl, type Resolve, type TargetPolicy } from "./target.ts";
import { WebError } from "./web-error.ts";

export interface WebOptions {
  /** `host:port` of places that may be read although they are not public. */
  allowPrivateHosts: readonly string[];
  /** The machine's own resolver when left out. */
  resolve?: Resolve;
  times?: FetchTimes;
  /** Between two requests to a site that wishes nothing, in milliseconds. */
  pauseMs?: number;
}

/** Under this name sites speak to us. */
const agent = "axonbot";
/** Largest page or file, in bytes. */
const pageBytesMax = 20 * 1024 * 1024;
const usualPauseMs = 250;
/** A site that wishes longer pauses than this is read at this pace: it would never come to an end. */
const pauseMsMax = 10_000;
/** Before the one other try that a site gets which says that it is asked too often. */
const retryAfterMsMax = 10_000;

const allAddresses: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

interface Reader {
  policy: TargetPolicy;
  times: FetchTimes;
  pauseMs: number;
  manners: Manners;
  robots: Map<string, Promise<Robots>>;
  signal: AbortSignal;
}

export function createWeb(options: WebOptions): Web {
  const policy = { allowPrivateHosts: options.allowPrivateHosts, resolve: options.resolve ?? allAddresses };
  const manners = createManners();
  return {
    check: (url) => void checkUrl(url, policy),
    linksOf: (url, bytes) => readHtml(decodePage(bytes, "").text, new URL(url), agent).links,
    visit: (signal): WebVisit => {
      const { times = usualTimes, pauseMs = usualPauseMs } = options;
      const reader: Reader = { policy, times, pauseMs, manners, robots: new Map(), signal };
      return { page: (url, request) => readPage(reader, url, request), sitemap: (url) => readList(reader, url) };
    },
  };
}

async function readPage(reader: Reader, url: string, { etag, lastModified, redirects }: PageRequest): Promise<WebPage> {
  const headers = {
    accept: "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.5",
    ...(etag ? { "if-none-match": etag } : {}),
    ...(lastModified ? { "if-modified-since": lastModified } : {}),
  };
  const answer = await politely(reader, url, { headers, redirects, bytesMax: pageBytesMax });
  if (answer.movedTo !== null) return { kind: "moved", to: answer.movedTo };
  if (answer.status === 304 && (etag || lastModified)) return { kind: "unchanged" };
  if (answer.status !== 200) throw new WebError(codeOf(answer.status));
  return toPage(answer);
}

async function readList(reader: Reader, url: string) {
  const headers = { accept: "application/xml,text/xml,text/plain;q=0.9,*/*;q=0.5" };
  const answer = await politely(reader, url, { headers, redirects: "follow", bytesMax: sitemapBytesMax });
  if (answer.status !== 200) throw new WebError(codeOf(answer.status));
  return readSitemap(answer.bytes);
}

type Asked = Pick<Parameters<typeof safeFetch>[3], "headers" | "redirects" | "bytesMax">;

/** Asks what robots may, in the host's turn, and once more where the site says that we came too often. */
async function politely(reader: Reader, text: string, asked: Asked): Promise<Fetched> {
  const url = checkUrl(text, reader.policy);
  const before = async (at: URL) => {
    const robots = await robotsOf(reader, at);
    if (!robots.allows(at.pathname + at.search)) throw new WebError("robots_denied");
  };
  const { crawlDelayMs } = await robotsOf(reader, url);
  const pauseMs = Math.min(Math.max(reader.pauseMs, crawlDelayMs ?? 0), pauseMsMax);
  const once = () =>
    reader.manners.inTurn(url.host, pauseMs, reader.signal, () =>
      safeFetch(reader.policy, reader.times, text, { ...asked, before, signal: reader.signal }),
    );
  const answer = await once();
  if (answer.status !== 429 && answer.status !== 503) return answer;
  const seconds = Number(answer.headers["retry-after"] ?? 1);
  const waitMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 1000;
  if (waitMs > retryAfterMsMax) return answer;
  await reader.manners.inTurn(url.host, waitMs, reader.signal, async () => {});
  return once();
}

/** Asked once in a visit. No file: all is allowed. A site that has trouble giving it is not read now. */
function robotsOf(reader: Reader, { origin }: URL): Promise<Robots> {
  const known = reader.robots.get(origin);
  if (known) return known;
  const asked = askRobots(reader, origin);
  reader.robots.set(origin, asked);
  return asked;
}

async function askRobots({ policy, times, signal }: Reader, origin: string): Promise<Robots> {
  let answer: Fetched;
  try {
    answer = await safeFetch(policy, times, `${origin}/robots.txt`, { bytesMax: robotsBytesMax, redirects: "follow", signal });
  } catch (error) {
    if (!(error instanceof WebError)) throw error;
    // A file of such a size, or one that leads nowhere, is no file; a site that can't be reached can't be read either.
    if (error.code === "too_large" || error.code === "redirects" || error.code === "invalid") return everything;
    throw error;
  }
  if (answer.status === 200) return readRobots(new TextDecoder().decode(answer.bytes), agent);
  if (answer.status === 429 || answer.status >= 500)
    throw new WebError(codeOf(answer.status), "The site does not say what robots may read.");
  return everything;
}

function toPage({ url, headers, bytes }: Fetched): WebPage {
  const mime = mimeOf(headers["content-type"] ?? "", url, bytes);
  const said = readDirectives(directivesFor([headers["x-robots-tag"] ?? ""].flat().join(","), agent));
  const shared = { url: url.href, mime, etag: headers.etag ?? null, lastModified: headers["last-modified"] ?? null };
  if (mime !== "text/html") {
    return { kind: "page", ...shared, bytes, title: null, canonical: null, noindex: said.noindex, links: [] };
  }
  const { text, recoded } = decodePage(bytes, headers["content-type"] ?? "");
  const { title, canonical, noindex, links } = readHtml(text, url, agent);
  return {
    kind: "page",
    ...shared,
    bytes: recoded ? new TextEncoder().encode(text) : bytes,
    title,
    canonical,
    noindex: noindex || said.noindex,
    links: said.nofollow ? [] : links,
  };
}

function codeOf(status: number): WebErrorCode {
  if (status === 401 || status === 403 || status === 451) return "http_403";
  if (status === 404 || status === 410 || status === 429) return `http_${status}`;
  if (status >= 500) return "http_5xx";
  return status >= 400 ? "http_4xx" : "invalid";
}
