/**
 * Which addresses are one page, and which pages are of one site. Rules on texts; asks nobody.
 *
 * @module
 */
import type { SourceSettings } from "@axon/contracts/sources";
import { urlCharsMax } from "@axon/contracts/web";

/** Parameters that say where a visitor came from or who they are, and nothing about the page. */
const idle =
  /^(?:utm_.*|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|igshid|twclid|ttclid|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|phpsessid|jsessionid|sid|sessionid)$/i;
/** Endings of what is surely neither text nor a document. */
const unread =
  /\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|css|m?js|map|json|xml|rss|atom|woff2?|ttf|otf|eot|mp[34]|m4[av]|webm|ogg|wav|mov|avi|zip|gz|tgz|bz2|7z|rar|tar|exe|dmg|pkg|msi|apk|iso|xlsx?|pptx?|doc|epub)$/i;

/** The one form of an address that its page is kept under; null for what is no address of a page. */
export function pageAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.username !== "" || url.password !== "") return null;
  url.hash = "";
  for (const name of [...url.searchParams.keys()]) if (idle.test(name)) url.searchParams.delete(name);
  // Only when something went: reading and writing changes how other parameters are spelled.
  if (url.search === "?" || url.searchParams.size === 0) url.search = "";
  url.pathname = url.pathname.replace(/;jsessionid=[^/]*/i, "");
  return url.href.length > urlCharsMax ? null : url.href;
}

/** The same address with a slash at its end, or without: most sites give one page for both. null when there is no such other. */
export function sisterAddress(address: string): string | null {
  const url = new URL(address);
  if (url.pathname === "/" || /\.[a-z0-9]{1,5}$/i.test(url.pathname)) return null;
  url.pathname = url.pathname.endsWith("/") ? url.pathname.slice(0, -1) : `${url.pathname}/`;
  return url.href;
}

/** True for two addresses of one site: the same host and port, with or without `www.`, whatever the protocol. */
export function isSameSite(one: string, other: string): boolean {
  return siteOf(one) === siteOf(other);
}

/** True for an address that a source takes pages from. */
export function isWanted({ url: root, include, exclude }: SourceSettings, address: string): boolean {
  const { pathname } = new URL(address);
  if (root === undefined || !isSameSite(root, address) || unread.test(pathname)) return false;
  if (exclude?.some((beginning) => pathname.startsWith(beginning))) return false;
  return include === undefined || include.length === 0 || include.some((beginning) => pathname.startsWith(beginning));
}

function siteOf(address: string): string {
  const { hostname, port } = new URL(address);
  return `${hostname.replace(/^www\./, "").replace(/\.$/, "")}:${port}`;
}
