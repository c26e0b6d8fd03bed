import { createFakeSite, type FakeSite } from "@axon/testing/web/fake-site";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWeb } from "./web.ts";

let site: FakeSite;
beforeEach(async () => {
  site = await createFakeSite();
});
afterEach(() => site.close());

const open = (signal = new AbortController().signal) =>
  createWeb({ allowPrivateHosts: [site.host], pauseMs: 0, times: { answerMs: 2_000, wholeMs: 5_000 } }).visit(signal);
const page = (path: string, given = {}) => open().page(site.origin + path, { redirects: "follow", ...given });

describe("reading a page", () => {
  it("gives its text with what its head says, and the second time that it has not changed", async () => {
    site.set("/a", {
      body: '<title>Returns</title><a href="/b">b</a>',
      etag: true,
      headers: { "last-modified": "Sat, 21 Nov 2026 10:00:00 GMT" },
    });
    const first = await page("/a");
    expect(first).toMatchObject({ kind: "page", mime: "text/html", title: "Returns", links: [`${site.origin}/b`], noindex: false });
    if (first.kind !== "page") return;
    expect(await page("/a", { etag: first.etag, lastModified: first.lastModified })).toEqual({ kind: "unchanged" });
    expect(site.seen.at(-1)?.headers).toMatchObject({ "if-none-match": first.etag, "if-modified-since": first.lastModified });
  });

  it.each([
    [404, "http_404"],
    [410, "http_410"],
    [401, "http_403"],
    [403, "http_403"],
    [418, "http_4xx"],
    [500, "http_5xx"],
    [304, "invalid"],
  ])("with status %i is an error", async (status, code) => {
    site.set("/a", { status, body: "" });
    await expect(page("/a")).rejects.toMatchObject({ name: "WebError", code });
  });

  it("asks once more where it came too often, unless it should wait for long", async () => {
    site.set("/a", { status: 429, headers: { "retry-after": "0" } });
    await expect(page("/a")).rejects.toMatchObject({ code: "http_429" });
    expect(site.paths()).toEqual(["/a", "/a"]);
    site.set("/b", { status: 503, headers: { "retry-after": "3600" } });
    await expect(page("/b")).rejects.toMatchObject({ code: "http_5xx" });
    expect(site.paths()).toEqual(["/a", "/a", "/b"]);
  });

  it.each([
    ["/a.pdf", "application/octet-stream", "%PDF-1.7", "application/pdf"],
    ["/a", "application/octet-stream", "<!DOCTYPE html><p>a", "text/html"],
    ["/a.md", "text/plain", "# A", "text/markdown"],
    ["/a", "application/xhtml+xml", "<html/>", "text/html"],
    ["/a.csv", "", "a,b", "text/csv"],
  ])("%s as %j is of type %s %s", async (path, type, body, mime) => {
    site.set(path, { body, headers: { "content-type": type } });
    expect(await page(path)).toMatchObject({ mime });
  });

  it.each(["image/png", "application/zip", "application/json", "video/mp4"])("refuses %s", async (type) => {
    site.set("/a", { body: "x", headers: { "content-type": type } });
    await expect(page("/a")).rejects.toMatchObject({ code: "unsupported_type" });
  });

  it("is read in the letters that only its header names", async () => {
    site.set("/a", { body: Buffer.from("<p>gr\xfc\xdfe", "latin1"), headers: { "content-type": "text/html; charset=windows-1252" } });
    const read = await page("/a");
    expect(read.kind === "page" && new TextDecoder().decode(read.bytes)).toBe("<p>grüße");
  });
});

describe("a site's wishes", () => {
  it("are asked for once in a visit and kept, after a redirect too", async () => {
    site.set("/robots.txt", { body: "User-agent: *\nDisallow: /private", headers: { "content-type": "text/plain" } });
    site.set("/a", "a");
    site.set("/to", { status: 302, headers: { location: "/private/b" } });
    site.set("/private/b", "b");
    const visit = open();
    await visit.page(`${site.origin}/a`, { redirects: "follow" });
    for (const path of ["/private/b", "/to"]) {
      await expect(visit.page(site.origin + path, { redirects: "follow" })).rejects.toMatchObject({ code: "robots_denied" });
    }
    expect(site.seen.map(({ path }) => path)).toEqual(["/robots.txt", "/a", "/to"]);
  });

  it.each([
    ["no file", { status: 404 }, "page"],
    ["a file that nobody may read", { status: 403 }, "page"],
    ["a file without end", { how: "endless" }, "page"],
    ["a file that leads nowhere", { status: 302, headers: { location: "/robots.txt" } }, "page"],
    ["trouble", { status: 503 }, "http_5xx"],
    ["too many questions", { status: 429 }, "http_429"],
  ] as const)("with %s", async (_what, robots, outcome) => {
    site.set("/robots.txt", robots);
    site.set("/a", "a");
    const found = await page("/a").then(
      ({ kind }) => kind,
      (error: { code: string }) => error.code,
    );
    expect(found).toBe(outcome);
  });

  it("to be left out of every index are told", async () => {
    site.set("/a", { body: "a", headers: { "x-robots-tag": "noindex" } });
    site.set("/b", { body: '<a href="/c">c</a>', headers: { "x-robots-tag": "nofollow" } });
    expect(await page("/a")).toMatchObject({ noindex: true });
    expect(await page("/b")).toMatchObject({ noindex: false, links: [] });
  });

  it("for a pause between two requests are kept, and one request follows the other", async () => {
    site.set("/robots.txt", { body: "User-agent: *\nCrawl-delay: 0.2" });
    for (const path of ["/a", "/b", "/c"]) site.set(path, "a");
    const visit = open();
    const started = performance.now();
    await Promise.all(["/a", "/b", "/c"].map((path) => visit.page(site.origin + path, { redirects: "follow" })));
    expect(performance.now() - started).toBeGreaterThan(390);
  });
});

it("stops when it is told to, also while it waits for its turn", async () => {
  site.set("/robots.txt", { body: "User-agent: *\nCrawl-delay: 10" });
  site.set("/a", "a");
  const stop = new AbortController();
  const visit = open(stop.signal);
  await visit.page(`${site.origin}/a`, { redirects: "follow" });
  const waiting = visit.page(`${site.origin}/a`, { redirects: "follow" });
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow();
});
