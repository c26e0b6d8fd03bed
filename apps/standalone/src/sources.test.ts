/** A site becomes knowledge: crawled by a real worker over real connections, cited with its address, looked at again, and followed when it changes. */
import { createFakeSite, type FakeSite } from "@axon/testing/web/fake-site";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { until } from "./processes.fixture.ts";

let site: FakeSite;
let app: App;
let owner: Owner;

beforeAll(async () => {
  site = await createFakeSite({
    "/robots.txt": { body: "User-agent: *\nDisallow: /staff", headers: { "content-type": "text/plain" } },
    "/": { body: '<title>Shop</title><p>Welcome to the shop.</p><a href="/returns">returns</a><a href="/staff">staff</a>', etag: true },
    "/returns": { body: "<title>Returns</title><p>Umbrellas can be returned within 45 days.</p>", etag: true },
    "/staff": "<p>The marmalade is in the safe.</p>",
    "/apart": "<title>Repairs</title><p>We repair handles on Thursdays.</p>",
  });
  app = await openApp({ sites: [site.host] });
  owner = await app.found("shop");
}, 120_000);
afterAll(async () => {
  await app.close();
  await site.close();
});

it("from its first page to an answer with its address, and on when it changes", async () => {
  const { sources, documents, search } = owner.client.api.knowledge;
  const made = await sources.create.mutate({ kind: "url", name: "Site", settings: { url: site.origin, depth: 2 } });
  const rests = (looks: number) => async () => {
    const { sync } = await sources.get.query({ sourceId: made.id });
    return (
      sync?.state === "idle" &&
      (await documents.list.query({ sourceId: made.id })).items.every(({ status }) => status === "ready") &&
      site.seen.length >= looks
    );
  };
  await until(rests(3), "the site to be read");
  const question = { query: "Until when can I return an umbrella?" };
  expect((await search.query(question)).items[0]).toMatchObject({ title: "Returns", uri: `${site.origin}/returns` });
  expect(site.paths()).toEqual(["/", "/returns"]);
  expect((await sources.pages.query({ sourceId: made.id })).items).toMatchObject([
    { state: "fetched" },
    { state: "fetched" },
    { state: "skipped", reason: "robots_denied" },
  ]);

  const { id: agentId } = await owner.client.api.agents.create.mutate({ name: "Ada" });
  const answer = await owner.client.api.agents.ask.mutate({ agentId, question: "Until when can umbrellas be returned?" });
  expect(answer).toMatchObject({ action: "answer", citations: [{ title: "Returns", uri: `${site.origin}/returns` }] });

  site.set("/returns", { body: "<title>Returns</title><p>Umbrellas can be returned within 60 days.</p>", etag: true });
  site.forget();
  await sources.sync.mutate({ sourceId: made.id });
  await until(async () => (await search.query(question)).items[0]?.text.includes("60 days") === true, "the change to be found");
  expect(site.seen.filter(({ path }) => path === "/")).toMatchObject([{ status: 304 }]);

  const page = await documents.addUrl.mutate({ sourceId: made.id, url: `${site.origin}/apart` });
  expect(await owner.client.waitForDocument(page.id)).toMatchObject({ status: "ready", name: "Repairs", uri: `${site.origin}/apart` });
  const refused = sources.create.mutate({ kind: "url", name: "Metadata", settings: { url: "http://169.254.169.254/" } });
  await expect(refused).rejects.toMatchObject({ data: { reason: "validation" } });
}, 120_000);
