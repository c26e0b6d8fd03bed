/**
 * A site's own list of its pages: sitemap files and lists of such, plain or packed, and plain lists of addresses.
 *
 * @module
 */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ListedPage, Sitemap } from "@axon/contracts/web";
import { urlCharsMax } from "@axon/contracts/web";
import { Parser } from "htmlparser2";
import { WebError } from "./web-error.ts";

/** One file, unpacked, in bytes: what the protocol allows. */
export const sitemapBytesMax = 50 * 1024 * 1024;
/** Entries of one file: what the protocol allows. */
const entriesMax = 50_000;

const unpack = promisify(gunzip);

/** Throws `WebError`: `too_large`, or `invalid` for what is no sitemap. */
export async function readSitemap(bytes: Uint8Array): Promise<Sitemap> {
  const text = new TextDecoder().decode(await unpacked(bytes));
  if (/^\s*</.test(text)) return readXml(text);
  const pages = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => /^https?:\/\//i.test(line) && line.length <= urlCharsMax)
    .slice(0, entriesMax)
    .map((url) => ({ url, lastModified: null }));
  if (pages.length === 0) throw new WebError("invalid", "There is no sitemap at this address.");
  return { pages, sitemaps: [] };
}

async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await unpack(bytes, { maxOutputLength: sitemapBytesMax });
  } catch (cause) {
    const tooLarge = cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    throw new WebError(tooLarge ? "too_large" : "invalid", undefined, { cause });
  }
}

function readXml(text: string): Sitemap {
  const pages: ListedPage[] = [];
  const sitemaps: string[] = [];
  let root: "urlset" | "sitemapindex" | null = null;
  let entry: { loc: string; lastmod: string } | null = null;
  let field: "loc" | "lastmod" | null = null;
  const parser = new Parser(
    {
      onopentag: (name) => {
        const plain = local(name);
        if (root === null && (plain === "urlset" || plain === "sitemapindex")) root = plain;
        else if (plain === "url" || plain === "sitemap") entry = { loc: "", lastmod: "" };
        // A loc of an image or a video has a prefix, and is none of ours.
        else if (name === plain && (plain === "loc" || plain === "lastmod")) field = plain;
      },
      ontext: (part) => {
        if (entry !== null && field !== null && entry[field].length <= urlCharsMax) entry[field] += part;
      },
      onclosetag: (name) => {
        field = null;
        const plain = local(name);
        if ((plain !== "url" && plain !== "sitemap") || entry === null) return;
        const { loc, lastmod } = entry;
        entry = null;
        const url = loc.trim();
        if (url.length > urlCharsMax || !/^https?:\/\//i.test(url) || pages.length + sitemaps.length >= entriesMax) return;
        if (plain === "sitemap") sitemaps.push(url);
        else pages.push({ url, lastModified: isMoment(lastmod.trim()) ? lastmod.trim() : null });
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(text);
  if (root === null) throw new WebError("invalid", "There is no sitemap at this address.");
  return { pages, sitemaps };
}

/** Without its prefix. */
function local(name: string): string {
  return name.slice(name.indexOf(":") + 1).toLowerCase();
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text) && !Number.isNaN(Date.parse(text));
}
