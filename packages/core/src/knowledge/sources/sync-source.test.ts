import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../../scene.fixture.ts";
import { deleteDocument, deleteSource, listDocuments } from "../index.ts";
import { dyingAt, outboxOf } from "../library.fixture.ts";
import { openShop, type SitePage } from "./site.fixture.ts";
import { syncSource } from "./sync-source.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
afterAll(() => scene.close());

/** A site of three pages, one link from the first each. */
const three = (): Record<string, SitePage> => ({ "/": "welcome\n-> /a\n-> /b", "/a": "returns", "/b": "delivery" });
const deep = { depth: 3 };

describe("the first look at a source", () => {
  it("makes a document of each page, with its address and name", async () => {
    const shop = await openShop(scene, { ...three(), "/a": { text: "returns", title: "How to return" } }, deep);
    await shop.run();
    expect(await shop.documents()).toEqual({ "/": "shop.example 1 queued", "/a": "How to return 1 queued", "/b": "b 1 queued" });
    const { sync } = await shop.source();
    expect(sync).toMatchObject({ state: "idle", failures: 0, dueAt: null, report: { pages: 3, added: 3, capped: false, error: null } });
    expect(sync?.report?.endedAt).not.toBeNull();
    expect([...shop.library.files.kept.values()].map((bytes) => new TextDecoder().decode(bytes)).sort()).toEqual([
      "delivery",
      "returns",
      "welcome\n-> /a\n-> /b",
    ]);
    const jobs = (await outboxOf(scene, shop.workspaceId)).filter(({ name }) => name === "knowledge.sync");
    expect(jobs).toHaveLength(1);
  });

  it("takes one page alone unless it is told to go further", async () => {
    const shop = await openShop(scene, three());
    await shop.run();
    expect(shop.site.asked).toEqual(["/"]);
  });

  it("goes as many links away as it is told, visits each page once, and stays on its site", async () => {
    const shop = await openShop(
      scene,
      {
        "/": "-> /1\n-> /1#part\n-> /1?utm_source=x\n-> /1/\n-> https://other.example/\n-> /picture.png\n-> /no/1\n-> mailto:a@b",
        "/1": "-> /2\n-> /",
        "/2": "-> /3",
        "/3": "far away",
      },
      { depth: 2, exclude: ["/no"] },
    );
    await shop.run();
    expect(shop.site.asked).toEqual(["/", "/1", "/2"]);
  });

  it("takes only what begins as it should", async () => {
    const shop = await openShop(scene, { "/": "-> /docs/a\n-> /blog/b", "/docs/a": "a" }, { ...deep, include: ["/docs/"] });
    await shop.run();
    expect(shop.site.asked).toEqual(["/", "/docs/a"]);
  });

  it("stops at as many pages as it may have, and says so", async () => {
    const shop = await openShop(scene, three(), { ...deep, pagesMax: 2 });
    await shop.run();
    expect(Object.keys(await shop.documents())).toEqual(["/", "/a"]);
    expect((await shop.source()).sync?.report).toMatchObject({ pages: 2, capped: true });
  });

  it("follows a page that has moved, takes the address that it calls its own, and no page twice", async () => {
    const shop = await openShop(
      scene,
      {
        "/": "-> /old\n-> /print\n-> /copy\n-> /round\n-> /away",
        "/old": { moved: "/new" },
        "/new": "news",
        "/print": { text: "article, to print", canonical: "/article" },
        "/article": { text: "article", canonical: "/article" },
        "/copy": "news",
        "/round": { moved: "/round#again" },
        "/away": { moved: "https://other.example/" },
      },
      deep,
    );
    await shop.run();
    expect(await shop.pages()).toEqual({
      "/": "fetched",
      "/article": "fetched",
      "/away": "skipped moved_away",
      "/copy": "fetched",
      "/new": "skipped duplicate",
      "/old": "skipped moved",
      "/print": "skipped canonical",
      "/round": "skipped redirects",
    });
    expect(Object.keys(await shop.documents())).toEqual(["/", "/article", "/copy"]);
  });

  it("finds two pages that call each other their own, and keeps one", async () => {
    const shop = await openShop(scene, { "/": "-> /a", "/a": { text: "a", canonical: "/b" }, "/b": { text: "b", canonical: "/a" } }, deep);
    await shop.run();
    expect(await shop.pages()).toMatchObject({ "/a": "skipped canonical", "/b": "fetched" });
  });

  it("leaves out what robots may not read or keep, and what is no document", async () => {
    const shop = await openShop(
      scene,
      {
        "/": "-> /closed\n-> /hidden\n-> /film\n-> /gone",
        "/closed": { error: "robots_denied" },
        "/hidden": { text: "-> /behind", noindex: true },
        "/behind": "found",
        "/film": { error: "unsupported_type" },
      },
      deep,
    );
    await shop.run();
    expect(await shop.pages()).toMatchObject({
      "/closed": "skipped robots_denied",
      "/hidden": "skipped noindex",
      "/behind": "fetched",
      "/film": "skipped unsupported_type",
      "/gone": "skipped http_404",
    });
    expect((await shop.source()).sync).toMatchObject({ state: "idle", report: { added: 2, skipped: 4, failed: 0 } });
  });
});

describe("the next look", () => {
  it("asks with what it knows, and reads nothing again that has not changed", async () => {
    const shop = await openShop(scene, three(), deep);
    await shop.run();
    const before = await shop.documents();
    const { sync } = await shop.sync();
    expect(shop.site.asked).toEqual(["/=", "/a=", "/b="]);
    expect(sync?.report).toMatchObject({ pages: 3, added: 0, changed: 0, unchanged: 3, removed: 0 });
    expect(await shop.documents()).toEqual(before);
  });

  it("takes the same bytes for the same page, whatever the site says", async () => {
    const shop = await openShop(scene, three());
    await shop.run();
    const { visit } = shop.site;
    shop.library.web = {
      ...shop.site,
      visit: (signal) => ({ ...visit(signal), page: (url, request) => visit(signal).page(url, { ...request, etag: null }) }),
    };
    expect((await shop.sync()).sync?.report).toMatchObject({ unchanged: 1, changed: 0 });
    expect(await shop.documents()).toEqual({ "/": "shop.example 1 queued" });
  });

  it("makes a new version of a page that changed, of the same document, and adds what is new", async () => {
    const shop = await openShop(scene, three(), deep);
    await shop.run();
    const keys = [...shop.library.files.kept.keys()];
    shop.site.pages.set("/a", "returns within 60 days\n-> /c");
    shop.site.pages.set("/c", "contact");
    expect((await shop.sync()).sync?.report).toMatchObject({ changed: 1, added: 1, unchanged: 2 });
    expect(await shop.documents()).toMatchObject({ "/a": "a 2 queued", "/c": "c 1 queued" });
    const purged = (await outboxOf(scene, shop.workspaceId)).filter(({ name }) => name === "knowledge.purge");
    expect(keys).toContain(String(purged[0]?.payload["storageKeys"]));
  });

  it.each([
    ["is not there any more", { error: "http_404" }],
    ["is closed to robots", { error: "robots_denied" }],
  ] as const)("takes a page away that %s twice in a row", async (_what, gone) => {
    const shop = await openShop(scene, three(), deep);
    await shop.run();
    shop.site.pages.set("/a", gone);
    expect((await shop.sync()).sync?.report).toMatchObject({ removed: 0 });
    expect(Object.keys(await shop.documents())).toEqual(["/", "/a", "/b"]);
    shop.site.pages.set("/a", "returns, back again");
    await shop.sync();
    for (const removed of [0, 1]) {
      shop.site.pages.set("/a", gone);
      expect((await shop.sync()).sync?.report).toMatchObject({ removed });
    }
    expect(Object.keys(await shop.documents())).toEqual(["/", "/b"]);
    shop.site.pages.set("/a", "returns, once more");
    expect((await shop.sync()).sync?.report).toMatchObject({ added: 1 });
  });

  it.each([
    ["was taken away for good", { error: "http_410" }],
    ["is to be in no index", { text: "returns", noindex: true }],
  ] as const)("takes a page away at once that %s", async (_what, gone) => {
    const shop = await openShop(scene, three(), deep);
    await shop.run();
    shop.site.pages.set("/a", gone);
    if ("text" in gone) shop.site.pages.set("/a", { ...gone, text: "returns!" });
    expect((await shop.sync()).sync?.report).toMatchObject({ removed: 1 });
    expect(Object.keys(await shop.documents())).toEqual(["/", "/b"]);
  });

  it("takes a page away that nothing leads to any more, the second time", async () => {
    const shop = await openShop(scene, three(), deep);
    await shop.run();
    shop.site.pages.set("/", "welcome\n-> /b");
    expect((await shop.sync()).sync?.report).toMatchObject({ pages: 2, removed: 0 });
    expect((await shop.sync()).sync?.report).toMatchObject({ pages: 2, removed: 1 });
    expect(Object.keys(await shop.documents())).toEqual(["/", "/b"]);
  });

  it("keeps what it can't read now, and takes nothing away that it did not come to see", async () => {
    const shop = await openShop(scene, { "/": "-> /hub", "/hub": "-> /leaf", "/leaf": "leaf" }, deep);
    await shop.run();
    shop.site.pages.set("/hub", { error: "http_5xx", transient: true });
    for (let round = 0; round < 3; round++) {
      expect((await shop.sync()).sync).toMatchObject({ state: "idle", report: { failed: 1, removed: 0 } });
    }
    expect(Object.keys(await shop.documents())).toEqual(["/", "/hub", "/leaf"]);
  });

  it("leaves a page away that a person has deleted", async () => {
    const shop = await openShop(scene, three(), deep);
    await shop.run();
    await scene.inWorkspace(shop.workspaceId, async (ws) => {
      const { items } = await listDocuments(ws, { limit: 10 });
      await deleteDocument(ws, items.find(({ name }) => name === "a")?.id ?? "");
    });
    shop.site.pages.set("/a", "returns, changed");
    await shop.sync();
    expect(Object.keys(await shop.documents())).toEqual(["/", "/b"]);
    expect(await shop.pages()).toMatchObject({ "/a": "skipped deleted" });
  });
});

describe("a source whose first page can't be read", () => {
  it("has failed, says why, and keeps what it has", async () => {
    const shop = await openShop(scene, three(), { ...deep, everyHours: 2 });
    await shop.run();
    shop.site.pages.set("/", { error: "http_5xx", transient: true });
    const { sync } = await shop.sync();
    expect(sync).toMatchObject({ state: "failed", failures: 1, paused: false, report: { error: { code: "http_5xx" } } });
    expect(Object.keys(await shop.documents())).toEqual(["/", "/a", "/b"]);
    const waitHours = (Date.parse(sync?.dueAt ?? "") - Date.now()) / 3_600_000;
    expect(waitHours).toBeGreaterThan(3.5);
    expect(waitHours).toBeLessThan(4.5);
  });

  it("waits longer after each failure, and is left alone after ten until somebody asks", async () => {
    const shop = await openShop(scene, { "/": { error: "unreachable", transient: true } }, { everyHours: 100 });
    for (let failures = 1; failures <= 10; failures++)
      expect((await shop.sync()).sync).toMatchObject({ failures, paused: failures === 10 });
    expect((await shop.source()).sync).toMatchObject({ state: "failed", dueAt: null });
    shop.site.pages.set("/", "here I am");
    const { sync } = await shop.sync();
    expect(sync).toMatchObject({ state: "idle", failures: 0, paused: false });
    expect(sync?.dueAt).not.toBeNull();
  });

  it("that leads to another site is told", async () => {
    const shop = await openShop(scene, { "/": { moved: "https://other.example/" } });
    expect((await shop.sync()).sync).toMatchObject({ state: "failed", report: { error: { code: "moved_away" } } });
  });

  it("is given up in the middle when the site goes away", async () => {
    const links = Array.from({ length: 15 }, (_, number) => `-> /${number}`).join("\n");
    const shop = await openShop(scene, { "/": links }, deep);
    shop.site.before = (url) => {
      if (url !== "/") shop.site.pages.set(url, { error: "timeout", transient: true });
    };
    expect((await shop.sync()).sync).toMatchObject({ state: "failed", report: { failed: 10, error: { code: "unreachable" } } });
  });
});

describe("a sitemap", () => {
  const list = "/sitemap.xml";
  const settings = { url: `https://shop.example${list}` };

  it("names pages, and other lists of them", async () => {
    const shop = await openShop(
      scene,
      {
        [list]: { list: ["/a"], sitemaps: ["/more.xml", "https://other.example/s.xml", list] },
        "/more.xml": { list: ["/b", "https://other.example/"] },
        "/a": "a\n-> /linked",
        "/b": "b",
      },
      settings,
      "sitemap",
    );
    await shop.run();
    expect(shop.site.asked).toEqual([list, "/more.xml", "/a", "/b"]);
    expect((await shop.source()).sync).toMatchObject({ state: "idle", report: { pages: 2, added: 2 } });
  });

  it("saves a visit where it says that a page has not changed since", async () => {
    const old = (url: string) => ({ url: `https://shop.example${url}`, lastModified: "2020-01-01" });
    const shop = await openShop(scene, { [list]: { list: [old("/a"), "/b"] }, "/a": "a", "/b": "b" }, settings, "sitemap");
    await shop.run();
    expect((await shop.sync()).sync?.report).toMatchObject({ pages: 2, unchanged: 2 });
    expect(shop.site.asked).toEqual([list, "/b="]);
    const later = new Date(Date.now() + 60_000).toISOString();
    shop.site.pages.set(list, { list: [{ ...old("/a"), lastModified: later }, "/b"] });
    await shop.sync();
    expect(shop.site.asked).toEqual([list, "/a=", "/b="]);
  });

  it("that is empty, broken or not there takes nothing away", async () => {
    const shop = await openShop(scene, { [list]: { list: ["/a"] }, "/a": "a" }, settings, "sitemap");
    await shop.run();
    const broken: [SitePage, string][] = [
      [{ list: [] }, "empty_list"],
      ["a page", "invalid"],
      [{ error: "http_404" }, "http_404"],
    ];
    for (const [page, code] of broken) {
      shop.site.pages.set(list, page);
      for (let round = 0; round < 2; round++)
        expect((await shop.sync()).sync).toMatchObject({ state: "failed", report: { error: { code } } });
    }
    expect(Object.keys(await shop.documents())).toEqual(["/a"]);
    shop.site.pages.set(list, { list: ["/b"] });
    shop.site.pages.set("/b", "b");
    for (let round = 0; round < 2; round++) await shop.sync();
    expect(Object.keys(await shop.documents())).toEqual(["/b"]);
  });
});

describe("a worker", () => {
  const bounds = { pagesPerRunMax: 2, runMsMax: 60_000 };

  it("does a part and queues up again", async () => {
    const shop = await openShop(scene, three(), deep);
    await shop.run(bounds);
    expect(shop.site.asked).toEqual(["/", "/a"]);
    expect((await shop.source()).sync).toMatchObject({ state: "syncing", report: { pages: 2, endedAt: null } });
    expect((await outboxOf(scene, shop.workspaceId)).filter(({ key }) => /^sync-.*-on$/.test(key))).toHaveLength(1);
    await shop.run(bounds);
    expect((await shop.source()).sync).toMatchObject({ state: "idle", report: { pages: 3 } });
  });

  it("finds nothing to do where another is at work, or where nobody asked", async () => {
    const shop = await openShop(scene, three(), deep);
    shop.site.before = async (url) => {
      if (url === "/a") await shop.run();
    };
    await shop.run();
    expect(shop.site.asked).toEqual(["/", "/a", "/b"]);
    await shop.run();
    expect(shop.site.asked).toEqual(["/", "/a", "/b"]);
  });

  it("that dies anywhere is followed by one that goes on, and nothing is there twice", async () => {
    const counted = await openShop(scene, three(), deep);
    const counter = dyingAt(scene.inWorkspace, Number.POSITIVE_INFINITY, "after");
    await syncSource({ ...counted.library, inWorkspace: counter.inWorkspace }, counted, {
      signal: new AbortController().signal,
      lastAttempt: false,
    });
    expect(counter.count()).toBeGreaterThan(10);
    for (let at = 1; at <= counter.count(); at++) {
      const shop = await openShop(scene, three(), deep);
      const dead = dyingAt(scene.inWorkspace, at, at % 2 === 0 ? "before" : "after");
      const dying = { ...shop.library, inWorkspace: dead.inWorkspace };
      await expect(syncSource(dying, shop, { signal: new AbortController().signal, lastAttempt: false })).rejects.toThrow(/dead|died/);
      await shop.expire();
      await shop.run();
      if ((await shop.source()).sync?.state === "queued") await shop.run();
      expect(await shop.documents(), `dead at ${at}`).toEqual({ "/": "shop.example 1 queued", "/a": "a 1 queued", "/b": "b 1 queued" });
      expect((await shop.source()).sync, `dead at ${at}`).toMatchObject({ state: "idle", report: { pages: 3, added: 3 } });
    }
  });

  it("that was given up for dead changes nothing when it comes back", async () => {
    const shop = await openShop(scene, three(), deep);
    shop.site.before = async (url) => {
      if (url !== "/a") return;
      shop.site.before = () => {};
      await shop.expire();
      await shop.run();
      shop.site.pages.set("/a", "what the dead one reads");
    };
    await shop.run();
    expect(await shop.documents()).toMatchObject({ "/a": "a 1 queued" });
    expect((await shop.source()).sync?.report).toMatchObject({ pages: 3, added: 3, changed: 0 });
    expect([...shop.library.files.kept.values()].map((bytes) => new TextDecoder().decode(bytes))).not.toContain("what the dead one reads");
  });

  it("that is told to stop gives the source back at once", async () => {
    const shop = await openShop(scene, three(), deep);
    const stop = new AbortController();
    shop.site.before = (url) => {
      if (url === "/a") stop.abort(new Error("closing"));
    };
    await expect(shop.run(undefined, { signal: stop.signal })).rejects.toThrow("closing");
    shop.site.before = () => {};
    await shop.run();
    expect((await shop.source()).sync).toMatchObject({ state: "idle", report: { added: 3 } });
  });

  it("with trouble of its own ends the sync at the last try only", async () => {
    const shop = await openShop(scene, three(), deep);
    shop.library.files.write = async () => {
      throw new Error("no room on the disk");
    };
    await expect(shop.run()).rejects.toThrow("no room");
    expect((await shop.source()).sync).toMatchObject({ state: "syncing" });
    await expect(shop.run(undefined, { lastAttempt: true })).rejects.toThrow("no room");
    expect((await shop.source()).sync).toMatchObject({ state: "failed", report: { error: { code: "internal" } } });
  });

  it("finds its source gone and stops without a word", async () => {
    const shop = await openShop(scene, three(), deep);
    shop.site.before = async (url) => {
      if (url === "/a") await scene.inWorkspace(shop.workspaceId, (ws) => deleteSource(ws, shop.sourceId));
    };
    await shop.run();
    expect(shop.site.asked).toEqual(["/", "/a"]);
    expect(await shop.documents()).toEqual({});
  });
});
