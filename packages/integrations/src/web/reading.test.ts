import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { directivesFor, readDirectives, readHtml } from "./read-html.ts";
import { readSitemap, sitemapBytesMax } from "./sitemap.ts";

const at = new URL("https://example.com/docs/start");

describe("a page's head and links", () => {
  it("are found in what browsers would take too", () => {
    const html = `<!DOCTYPE html><title> Ship &amp;
      return </title><link rel="canonical" href="/docs/start"><a href="next#part">n</a><a href=/a>a</a><A HREF='https://other.example/'>o</a>
      <a rel="nofollow ugc" href="/no">no</a><a href="mailto:a@b">m</a><a href="javascript:void 0">j</a><a href="next">again</a><a href="http://[bad">b</a>
      <svg><title>an icon</title></svg>`;
    expect(readHtml(html, at, "axonbot")).toEqual({
      title: "Ship & return",
      canonical: "https://example.com/docs/start",
      noindex: false,
      links: ["https://example.com/docs/next", "https://example.com/a", "https://other.example/"],
    });
  });

  it("begin where the page says that they begin", () => {
    expect(readHtml('<base href="/other/"><a href="x">x</a>', at, "axonbot").links).toEqual(["https://example.com/other/x"]);
  });

  it.each([
    ['<meta name="robots" content="noindex">', true, 1],
    ['<META NAME="Robots" CONTENT="NONE">', true, 0],
    ['<meta name="axonbot" content="noindex,nofollow">', true, 0],
    ['<meta name="googlebot" content="noindex">', false, 1],
    ['<meta name="robots" content="nofollow">', false, 0],
  ])("%s is heeded", (meta, noindex, links) => {
    const page = readHtml(`${meta}<a href="/a">a</a>`, at, "axonbot");
    expect([page.noindex, page.links.length]).toEqual([noindex, links]);
  });

  it.each([
    ["noindex", true],
    ["googlebot: noindex", false],
    ["googlebot: nofollow, axonbot: noindex", true],
    ["unavailable_after: 25 Jun 2030 15:00:00 PST, noindex", true],
    ["max-snippet: 10, noindex", true],
  ])("X-Robots-Tag: %s", (header, noindex) => expect(readDirectives(directivesFor(header, "axonbot")).noindex).toBe(noindex));
});

describe("a sitemap", () => {
  const read = (text: string) => readSitemap(new TextEncoder().encode(text));
  const list = `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="x">
    <url><loc> https://example.com/a?x=1&amp;y=2 </loc><lastmod>2026-11-20</lastmod><image:image><image:loc>https://example.com/i.png</image:loc></image:image></url>
    <url><loc><![CDATA[https://example.com/b]]></loc><lastmod>yesterday</lastmod></url><url><loc>ftp://example.com/c</loc></url></urlset>`;
  const pages = [
    { url: "https://example.com/a?x=1&y=2", lastModified: "2026-11-20" },
    { url: "https://example.com/b", lastModified: null },
  ];

  it("is read plain and packed", async () => {
    expect(await read(list)).toEqual({ pages, sitemaps: [] });
    expect(await readSitemap(gzipSync(list))).toEqual({ pages, sitemaps: [] });
  });

  it("may list others, or be a plain list", async () => {
    expect(await read("<sitemapindex><sitemap><loc>https://example.com/s.xml.gz</loc></sitemap></sitemapindex>")).toEqual({
      pages: [],
      sitemaps: ["https://example.com/s.xml.gz"],
    });
    expect(await read("https://example.com/a\r\nnot a line\nhttps://example.com/b\n")).toMatchObject({
      pages: [{ url: "https://example.com/a" }, { url: "https://example.com/b" }],
    });
  });

  it("that is none, or a bomb, is refused; one that is cut off counts as far as it goes", async () => {
    await expect(read("<html><body>welcome</body></html>")).rejects.toMatchObject({ code: "invalid" });
    await expect(read("nothing")).rejects.toMatchObject({ code: "invalid" });
    await expect(readSitemap(gzipSync(Buffer.alloc(sitemapBytesMax + 1)))).rejects.toMatchObject({ code: "too_large" });
    await expect(readSitemap(gzipSync(list).subarray(0, 40))).rejects.toMatchObject({ code: "invalid" });
    expect((await read(list.slice(0, list.indexOf("<url><loc><![CDATA")))).pages).toHaveLength(1);
    // Entities are not unfolded, so none can grow.
    const laughs = `<!DOCTYPE a [<!ENTITY b "${"c".repeat(100)}">]><urlset><url><loc>https://example.com/&b;</loc></url></urlset>`;
    expect((await read(laughs)).pages).toEqual([{ url: "https://example.com/&b;", lastModified: null }]);
  });
});
