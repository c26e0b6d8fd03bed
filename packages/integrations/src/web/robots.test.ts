import { describe, expect, it } from "vitest";
import { readRobots } from "./robots.ts";

const may = (text: string, path: string) => readRobots(text, "axonbot").allows(path);

describe("robots.txt", () => {
  it.each([
    ["no rules", "", "/a", true],
    ["all closed", "User-agent: *\nDisallow: /", "/a", false],
    ["an empty rule", "User-agent: *\nDisallow:", "/a", true],
    ["the longest rule", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true],
    ["the longest rule, in any order", "User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", false],
    ["of two as long the one that allows", "User-agent: *\nDisallow: /page\nAllow: /page", "/page", true],
    ["a star", "User-agent: *\nDisallow: /*.pdf", "/x/y.pdf?a", false],
    ["a star and an end", "User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?a", true],
    ["a star and an end that fits", "User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", false],
    ["an end", "User-agent: *\nDisallow: /a$", "/ab", true],
    ["a query", "User-agent: *\nDisallow: /*?", "/a?b", false],
    ["its own group before that for all", "User-agent: *\nDisallow: /\n\nUser-agent: AxonBot\nDisallow: /b", "/a", true],
    ["its own group, with a version", "User-agent: axonbot/2.0\nDisallow: /b", "/b", false],
    [
      "its own groups together",
      "User-agent: AxonBot\nDisallow: /a\nUser-agent: x\nDisallow: /c\nUser-agent: AxonBot\nDisallow: /b",
      "/b",
      false,
    ],
    ["a group with several names", "User-agent: x\nUser-agent: AxonBot\nDisallow: /a", "/a", false],
    ["another's group", "User-agent: GoogleBot\nDisallow: /", "/a", true],
    ["a name that only begins like its own", "User-agent: AxonBotter\nDisallow: /", "/a", true],
    ["comments, odd spaces, odd line ends", " user-AGENT : * # all\r\rdisallow :/a # that", "/a", false],
    ["rules before any group", "Disallow: /\nUser-agent: *\nAllow: /", "/a", true],
    ["letters in another spelling", "User-agent: *\nDisallow: /%C3%BCber", "/über", false],
    ["a slash that is no slash", "User-agent: *\nDisallow: /a%2Fb", "/a/b", true],
    ["bytes that are no text", "User-agent: *\nDisallow: /%FF", "/%FF/a", false],
    ["robots.txt itself", "User-agent: *\nDisallow: /", "/robots.txt", true],
  ])("%s", (_what, text, path, allowed) => expect(may(text, path)).toBe(allowed));

  it("says how long to wait and where sitemaps are", () => {
    const text = "Sitemap: https://example.com/a.xml\nUser-agent: *\nCrawl-delay: 1.5\nsitemap: https://example.com/b.xml#x";
    expect(readRobots(text, "axonbot")).toMatchObject({
      crawlDelayMs: 1500,
      sitemaps: ["https://example.com/a.xml", "https://example.com/b.xml#x"],
    });
    expect(readRobots("User-agent: *\nCrawl-delay: soon", "axonbot").crawlDelayMs).toBeNull();
  });

  it("with a pattern made to take long is read at once", () => {
    const pattern = `/${"*a".repeat(1_000)}$`;
    const path = `/${"a".repeat(1_900)}b`;
    const started = performance.now();
    for (let round = 0; round < 100; round++) expect(may(`User-agent: *\nDisallow: ${pattern}`, path)).toBe(true);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
