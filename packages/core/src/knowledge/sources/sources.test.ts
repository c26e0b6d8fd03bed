import { createSourceInput, updateSourceInput } from "@axon/contracts/sources";
import { chunk, document, knowledgeSource } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { findDueSyncs } from "@axon/db/sweep";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../../scene.fixture.ts";
import {
  addText,
  addUrl,
  checkSettings,
  createSource,
  getSource,
  listPages,
  listSources,
  requestSync,
  requeueSync,
  updateSource,
} from "../index.ts";
import { documentOf, ingest, openLibrary, outboxOf } from "../library.fixture.ts";
import { isWanted, pageAddress, sisterAddress } from "./addresses.ts";
import { nextLookMs } from "./schedule.ts";
import { home, openShop, openSite } from "./site.fixture.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
afterAll(() => scene.close());

const url = `${home}/`;
const syncJobs = async (workspaceId: string) => (await outboxOf(scene, workspaceId)).filter(({ name }) => name === "knowledge.sync");

describe("the settings of a source", () => {
  it.each([
    [{ kind: "url", name: "a" }, "settings.url"],
    [{ kind: "url", name: "a", settings: { url: "ftp://example.com" } }, "settings.url"],
    [{ kind: "url", name: "a", settings: { url, depth: 11 } }, "settings.depth"],
    [{ kind: "url", name: "a", settings: { url, everyHours: 0 } }, "settings.everyHours"],
    [{ kind: "url", name: "a", settings: { url, everyHours: 721 } }, "settings.everyHours"],
    [{ kind: "url", name: "a", settings: { url, include: ["docs"] } }, "settings.include.0"],
    [{ kind: "url", name: "a", settings: { url, cookies: true } }, "settings"],
    [{ kind: "sitemap", name: "a", settings: { url, depth: 1 } }, "settings.depth"],
    [{ kind: "text", name: "a", settings: { url } }, "settings"],
    [{ kind: "faq", name: "a", settings: {} }, "settings"],
    [{ kind: "text", name: "a", locale: "English" }, "locale"],
  ])("are strict: %j is wrong at %s", (input, place) => {
    const { error } = createSourceInput.safeParse(input);
    expect(error?.issues.map(({ path }) => path.join("."))).toContain(place);
  });

  it("name no place that may not be read", () => {
    expect(() => checkSettings(openSite({}), { url: "http://127.0.0.1/" })).toThrow(expect.objectContaining({ reason: "validation" }));
    expect(() => checkSettings(openSite({}), { pages: ["http://127.0.0.1/"] })).toThrow(expect.objectContaining({ reason: "validation" }));
  });
});

describe("a source", () => {
  it("of the web is looked at once it is made, and the same request makes one", async () => {
    const { workspaceId } = await scene.found("maker");
    const make = () =>
      scene.inWorkspace(workspaceId, (ws) => createSource(ws, { kind: "url", name: "Site", settings: { url }, idempotencyKey: "k" }));
    const [one, two] = [await make(), await make()];
    expect(two.id).toBe(one.id);
    expect(one).toMatchObject({ kind: "url", documentCount: 0, settings: { url }, sync: { state: "queued", report: null, paused: false } });
    expect(await syncJobs(workspaceId)).toHaveLength(1);
    const shelf = await scene.inWorkspace(workspaceId, (ws) => createSource(ws, { kind: "faq", name: "Answers" }));
    expect(shelf.sync).toBeNull();
    expect((await scene.inWorkspace(workspaceId, (ws) => listSources(ws, { limit: 10 }))).items).toEqual([one, shelf]);
  });

  it("is no source of another workspace", async () => {
    const shop = await openShop(scene, { "/": "welcome" });
    await shop.run();
    const { workspaceId } = await scene.found("stranger");
    const gone = expect.objectContaining({ reason: "not_found" });
    const theirs = <Result>(verb: Parameters<typeof scene.inWorkspace<Result>>[1]) => scene.inWorkspace(workspaceId, verb);
    await expect(theirs((ws) => getSource(ws, shop.sourceId))).rejects.toEqual(gone);
    await expect(theirs((ws) => updateSource(ws, { sourceId: shop.sourceId, audience: "internal" }))).rejects.toEqual(gone);
    await expect(theirs((ws) => listPages(ws, { sourceId: shop.sourceId, limit: 10 }))).rejects.toEqual(gone);
    await expect(theirs((ws) => addUrl(ws, { sourceId: shop.sourceId, url }))).rejects.toEqual(gone);
    await expect(requestSync(shop.library, workspaceId, shop.sourceId)).rejects.toEqual(gone);
    expect((await theirs((ws) => listSources(ws, { limit: 10 }))).items).toEqual([]);
    await theirs((ws) => requeueSync(ws, shop.sourceId));
    expect(await syncJobs(workspaceId)).toEqual([]);
    expect((await shop.source()).audience).toBe("public");
  });

  it("passes on for whom it is, with the same commit, to what had no word of its own", async () => {
    const shop = await openShop(scene, {});
    const { workspaceId, sourceId, library } = shop;
    const text = { mime: "text/plain" as const, text: "Keep the receipt." };
    const [one, two] = [
      await addText(library, workspaceId, { sourceId, name: "one", ...text }),
      await addText(library, workspaceId, { sourceId, name: "two", ...text, text: "Or not." }),
    ];
    for (const { id } of [one, two]) await ingest(library, workspaceId, id);
    await scene.inWorkspace(workspaceId, async ({ tx }) => {
      for (const table of [document, chunk]) {
        await tx
          .update(table)
          .set({ locale: "de" })
          .where(eq(table === document ? document.id : chunk.documentId, two.id));
      }
    });
    const input = updateSourceInput.parse({ sourceId, audience: "internal", locale: "en", labels: ["returns", "returns"] });
    const after = await scene.inWorkspace(workspaceId, (ws) => updateSource(ws, input));
    expect(after).toMatchObject({ audience: "internal", locale: "en", labels: ["returns"] });
    const read = (table: typeof document | typeof chunk) =>
      scene.inWorkspace(workspaceId, ({ tx }) =>
        tx
          .select({ audience: table.audience, locale: table.locale, labels: table.labels })
          .from(table)
          .where(eq(table.sourceId, sourceId))
          .orderBy(table.locale),
      );
    for (const table of [document, chunk]) {
      expect(await read(table)).toEqual([
        { audience: "internal", locale: "de", labels: ["returns"] },
        { audience: "internal", locale: "en", labels: ["returns"] },
      ]);
    }
  });

  it("gives its pages what it is for, changes its schedule, and refuses what its kind has not", async () => {
    const shop = await openShop(scene, { "/": "welcome" });
    const change = (settings: object) =>
      scene.inWorkspace(shop.workspaceId, (ws) => updateSource(ws, updateSourceInput.parse({ sourceId: shop.sourceId, settings })));
    await scene.inWorkspace(shop.workspaceId, (ws) =>
      updateSource(ws, { sourceId: shop.sourceId, audience: "internal", labels: ["site"] }),
    );
    await shop.run();
    const [page] = await scene.inWorkspace(shop.workspaceId, ({ tx }) => tx.select().from(document));
    expect(page).toMatchObject({ uri: url, audience: "internal", labels: ["site"] });
    expect((await change({ everyHours: 24 })).sync?.dueAt).not.toBeNull();
    expect(await change({ everyHours: null, depth: 2 })).toMatchObject({ settings: { url, depth: 2 }, sync: { dueAt: null } });
    const shelf = await scene.inWorkspace(shop.workspaceId, (ws) => createSource(ws, { kind: "text", name: "Shelf" }));
    const wrong = scene.inWorkspace(shop.workspaceId, (ws) => updateSource(ws, { sourceId: shelf.id, settings: { url } }));
    await expect(wrong).rejects.toMatchObject({ reason: "validation" });
  });
});

describe("looking at a source now", () => {
  it("twice is once, and is nothing for a shelf of texts", async () => {
    const shop = await openShop(scene, { "/": "welcome" });
    await shop.run();
    for (let time = 0; time < 2; time++)
      expect((await requestSync(shop.library, shop.workspaceId, shop.sourceId)).sync?.state).toBe("queued");
    expect(await syncJobs(shop.workspaceId)).toHaveLength(2);
    const shelf = await scene.inWorkspace(shop.workspaceId, (ws) => createSource(ws, { kind: "text", name: "Shelf" }));
    await expect(requestSync(shop.library, shop.workspaceId, shelf.id)).rejects.toMatchObject({ reason: "invalid_state" });
  });

  it("is refused when the workspace has looked as often as its plan allows; what is due waits", async () => {
    const shop = await openShop(scene, { "/": "welcome" });
    await scene.inWorkspace(shop.workspaceId, ({ tx }) => tx.update(workspace).set({ planLimits: { syncsPerHour: 1 } }));
    await shop.run();
    const refused = requestSync(shop.library, shop.workspaceId, shop.sourceId);
    await expect(refused).rejects.toMatchObject({ reason: "plan_limit", details: { name: "syncsPerHour", limit: 1 } });
    expect((await shop.sync()).sync).toMatchObject({ state: "queued" });
    expect(shop.site.asked).toEqual([]);
  });

  it("takes no more pages and documents than the plan allows, and says so", async () => {
    const shop = await openShop(scene, { "/": "-> /a\n-> /b", "/a": "a", "/b": "b" }, { depth: 1 });
    await scene.inWorkspace(shop.workspaceId, ({ tx }) => tx.update(workspace).set({ planLimits: { documentsMax: 2 } }));
    await shop.run();
    expect(await shop.pages()).toMatchObject({ "/b": "skipped plan_limit" });
    expect((await shop.source()).sync?.report).toMatchObject({ added: 2, capped: true });
    expect(shop.library.files.kept.size).toBe(2);
  });

  it("is the sweeper's when it is due, or when its worker has died", async () => {
    const shop = await openShop(scene, { "/": "welcome" }, { everyHours: 1 });
    const due = async () => (await findDueSyncs(scene.database)).some(({ id }) => id === shop.sourceId);
    const makeDue = (state: "idle" | "syncing") =>
      scene.inWorkspace(shop.workspaceId, ({ tx }) =>
        tx.update(knowledgeSource).set({ syncState: state, syncDueAt: sql`now() - interval '1 second'` }),
      );
    await shop.run();
    expect(await due()).toBe(false);
    for (const state of ["idle", "syncing"] as const) {
      await makeDue(state);
      expect(await due()).toBe(true);
      const before = (await syncJobs(shop.workspaceId)).length;
      for (let time = 0; time < 2; time++) await scene.inWorkspace(shop.workspaceId, (ws) => requeueSync(ws, shop.sourceId));
      expect(await syncJobs(shop.workspaceId)).toHaveLength(before + 1);
      expect(await due()).toBe(false);
    }
    await shop.run();
    expect((await shop.source()).sync).toMatchObject({ state: "idle" });
  });

  it("leaves room for other workspaces: two of one at a time, and the next when one is done", async () => {
    const shop = await openShop(scene, { "/": "welcome" });
    for (const name of ["two", "three"]) {
      const { id } = await scene.inWorkspace(shop.workspaceId, (ws) => createSource(ws, { kind: "url", name, settings: { url } }));
      if (name === "three") continue;
      await scene.inWorkspace(shop.workspaceId, ({ tx }) =>
        tx
          .update(knowledgeSource)
          .set({ syncState: "syncing", syncLeaseUntil: sql`now() + interval '1 minute'` })
          .where(eq(knowledgeSource.id, id)),
      );
    }
    const third = (await scene.inWorkspace(shop.workspaceId, (ws) => listSources(ws, { limit: 10 }))).items.at(-1);
    shop.site.before = async () => {
      shop.site.before = () => {};
      expect(third?.sync?.state).toBe("queued");
    };
    const before = (await syncJobs(shop.workspaceId)).length;
    await shop.run();
    expect((await syncJobs(shop.workspaceId)).slice(before)).toMatchObject([{ payload: { sourceId: third?.id } }]);
  });
});

describe("one page of the web", () => {
  it("becomes a document that is fetched when it is read, and once however often it is added", async () => {
    const { workspaceId } = await scene.found("pages");
    const library = openLibrary(scene, { web: openSite({ "/a": { text: "Keep the receipt.", title: "Returns" } }) });
    const { id: sourceId } = await scene.inWorkspace(workspaceId, (ws) => createSource(ws, { kind: "file", name: "Shelf" }));
    const add = (path: string) => scene.inWorkspace(workspaceId, (ws) => addUrl(ws, { sourceId, url: home + path }));
    const made = await add("/a?utm_source=mail#top");
    expect(made).toMatchObject({ status: "queued", uri: `${home}/a`, name: "a" });
    expect((await add("/a")).id).toBe(made.id);
    await ingest(library, workspaceId, made.id);
    expect(await documentOf(scene, workspaceId, made.id)).toMatchObject({ status: "ready", name: "Returns", mime: "text/html", bytes: 17 });
    expect((await add("/a")).status).toBe("ready");
  });

  it("that can't be had ends with the reason, and is tried again when it is added again", async () => {
    const { workspaceId } = await scene.found("pages");
    const site = openSite({
      "/a": { error: "robots_denied" },
      "/b": { text: "b", noindex: true },
      "/c": { error: "timeout", transient: true },
    });
    const library = openLibrary(scene, { web: site });
    const { id: sourceId } = await scene.inWorkspace(workspaceId, (ws) => createSource(ws, { kind: "text", name: "Shelf" }));
    const add = (path: string) => scene.inWorkspace(workspaceId, (ws) => addUrl(ws, { sourceId, url: home + path }));
    for (const [path, code] of [
      ["/a", "robots_denied"],
      ["/b", "noindex"],
      ["/none", "http_404"],
    ] as const) {
      const { id } = await add(path);
      await ingest(library, workspaceId, id);
      expect(await documentOf(scene, workspaceId, id)).toMatchObject({ status: "failed", error: { code } });
    }
    const { id } = await add("/c");
    await expect(ingest(library, workspaceId, id)).rejects.toThrow("timeout");
    await ingest(library, workspaceId, id, { lastAttempt: true });
    expect(await documentOf(scene, workspaceId, id)).toMatchObject({ status: "failed", error: { code: "timeout" } });
    site.pages.set("/c", "here");
    expect((await add("/c")).status).toBe("queued");
    await ingest(library, workspaceId, id);
    expect(await documentOf(scene, workspaceId, id)).toMatchObject({ status: "ready" });
  });

  it("on a site's source is looked at again with the others; a list takes none", async () => {
    const shop = await openShop(scene, { "/": "welcome", "/apart": "apart" });
    await shop.run();
    const { id } = await scene.inWorkspace(shop.workspaceId, (ws) => addUrl(ws, { sourceId: shop.sourceId, url: `${home}/apart` }));
    await ingest(shop.library, shop.workspaceId, id);
    expect((await shop.sync()).sync?.report).toMatchObject({ pages: 2, unchanged: 2 });
    expect(shop.site.asked).toEqual(["/=", "/apart="]);
    shop.site.pages.set("/apart", "apart, changed");
    await shop.sync();
    expect(await shop.documents()).toMatchObject({ "/apart": "apart 2 queued" });
    const list = await openShop(scene, {}, {}, "sitemap");
    const refused = scene.inWorkspace(list.workspaceId, (ws) => addUrl(ws, { sourceId: list.sourceId, url }));
    await expect(refused).rejects.toMatchObject({ reason: "invalid_state" });
  });
});

it("gives the pages of a source in parts, each once", async () => {
  const shop = await openShop(scene, { "/": "-> /a\n-> /b", "/a": "a" }, { depth: 1 });
  await shop.run();
  const read = (input: object) =>
    scene.inWorkspace(shop.workspaceId, (ws) => listPages(ws, { sourceId: shop.sourceId, limit: 2, ...input }));
  const first = await read({});
  const rest = await read({ cursor: first.nextCursor });
  expect([...first.items, ...rest.items].map(({ url: at, state, reason }) => [at.replace(home, ""), state, reason])).toEqual([
    ["/", "fetched", null],
    ["/a", "fetched", null],
    ["/b", "skipped", "http_404"],
  ]);
  expect((await read({ state: "skipped" })).items).toHaveLength(1);
});

describe("addresses", () => {
  it.each([
    ["https://A.example:443/b/../c?utm_medium=x&q=1#d", "https://a.example/c?q=1"],
    ["http://a.example?fbclid=1", "http://a.example/"],
    ["https://a.example/x;jsessionid=AB?PHPSESSID=1", "https://a.example/x"],
    ["https://a.example/x?b=%20&a=1", "https://a.example/x?b=%20&a=1"],
    ["https://user@a.example/", null],
    ["mailto:a@b.example", null],
    [`https://a.example/${"a".repeat(2_000)}`, null],
  ])("%s is %s", (text, address) => expect(pageAddress(text)).toBe(address));

  it("have a sister with a slash, or without", () => {
    expect(sisterAddress("https://a.example/b")).toBe("https://a.example/b/");
    expect(sisterAddress("https://a.example/b/?c=1")).toBe("https://a.example/b?c=1");
    expect(sisterAddress("https://a.example/")).toBeNull();
    expect(sisterAddress("https://a.example/b.html")).toBeNull();
  });

  it("are wanted on their own site, where they should begin so, and where they are to be read", () => {
    const settings = { url: "https://www.a.example/", include: ["/docs"], exclude: ["/docs/old"] };
    expect(["https://a.example/docs/1", "http://www.a.example/docs"].map((address) => isWanted(settings, address))).toEqual([true, true]);
    for (const address of [
      "https://b.a.example/docs/1",
      "https://a.example/",
      "https://a.example/docs/old/1",
      "https://a.example/docs/1.PNG",
    ]) {
      expect(isWanted(settings, address), address).toBe(false);
    }
  });
});

it("waits as long as it should, twice as long after each failure, a week at most", () => {
  const hours = (every: number | undefined, failures: number, random = 0.5) =>
    (nextLookMs(every, failures, random) ?? Number.NaN) / 3_600_000;
  expect([0, 1, 2, 3, 9].map((failures) => hours(6, failures))).toEqual([6, 12, 24, 48, 168]);
  expect(hours(720, 3)).toBe(720);
  expect([hours(10, 0, 0), hours(10, 0, 1)]).toEqual([9, 11]);
  expect(nextLookMs(6, 10, 0.5)).toBeNull();
  expect(nextLookMs(undefined, 0, 0.5)).toBeNull();
});
