/**
 * What knowledge asks of whoever reads the web for it, and the words in which a page is refused.
 *
 * @module
 */
import type { DocumentMime } from "./knowledge.ts";

/** Why a page could not be had, where no file has the same trouble. `url_blocked`: it may not be asked for from here at all. */
export const webErrorCodes = [
  "url_blocked",
  "robots_denied",
  "noindex",
  "unreachable",
  "redirects",
  "http_403",
  "http_404",
  "http_410",
  "http_429",
  "http_4xx",
  "http_5xx",
] as const;
export type WebErrorCode = (typeof webErrorCodes)[number] | "timeout" | "too_large" | "unsupported_type" | "invalid";

/** Longest address that is taken, in characters. */
export const urlCharsMax = 2000;

export interface PageRequest {
  /** What the page said of itself the last time; with neither, it is read whole. */
  etag?: string | null;
  lastModified?: string | null;
  /** `follow`: to wherever it has moved, five steps at most. `tell`: that it has moved is the answer. */
  redirects: "follow" | "tell";
}

export type WebPage =
  | {
      kind: "page";
      /** Where it was found in the end. */
      url: string;
      mime: DocumentMime;
      bytes: Uint8Array;
      etag: string | null;
      lastModified: string | null;
      title: string | null;
      /** The address that the page calls its own. */
      canonical: string | null;
      /** True when its owner wants it in no index. */
      noindex: boolean;
      /** Whole addresses, in the order of the page; without those that are not to be followed. */
      links: string[];
    }
  | { kind: "unchanged" }
  | { kind: "moved"; to: string };

export interface ListedPage {
  url: string;
  /** When it was changed, as the list says. ISO 8601 or a day of it. */
  lastModified: string | null;
}

/** A sitemap lists pages, or other sitemaps. */
export interface Sitemap {
  pages: ListedPage[];
  sitemaps: string[];
}

/** One round of reading: what a site says of robots is asked once in it. Every failure is an error with `name` `WebError`. */
export interface WebVisit {
  page(url: string, request: PageRequest): Promise<WebPage>;
  sitemap(url: string): Promise<Sitemap>;
}

export interface Web {
  /** What is read stops when `signal` is aborted. */
  visit(signal: AbortSignal): WebVisit;
  /** Whole addresses that a page leads to which was read before. */
  linksOf(url: string, bytes: Uint8Array): string[];
  /** Throws what `page` would throw for this address before anything is asked of anybody. */
  check(url: string): void;
}
