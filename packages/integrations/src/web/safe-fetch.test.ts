import { brotliCompressSync, gzipSync } from "node:zlib";
import { createFakeSite, type FakeSite } from "@axon/testing/web/fake-site";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isPublicAddress } from "./addresses.ts";
import { type FetchRequest, safeFetch } from "./safe-fetch.ts";
import { checkUrl, type Resolve } from "./target.ts";
import type { WebError } from "./web-error.ts";

let site: FakeSite;
beforeAll(async () => {
  site = await createFakeSite();
});
beforeEach(() => site.forget());
afterAll(() => site.close());

const nobody: Resolve = async () => [];
const times = { answerMs: 2_000, wholeMs: 20_000 };

/** Asks as the crawler does; `allowed` names the fake site, which is on this machine. */
function get(url: string, { resolve = nobody, allowed = [site.host], ...given }: Partial<FetchRequest> & Asked = {}) {
  const request: FetchRequest = { bytesMax: 100_000, redirects: "follow", signal: new AbortController().signal, ...given };
  return safeFetch({ allowPrivateHosts: allowed, resolve }, given.times ?? times, url, request);
}
interface Asked {
  resolve?: Resolve;
  allowed?: string[];
  times?: typeof times;
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "nothing was refused",
    (error: WebError) => error.code,
  );

describe("an address", () => {
  const literals = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://%31%32%37.0.0.1/",
    "http://１２７.０.０.１/",
    "http://①②⑦.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[100::1]/",
    "http://10.0.0.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://a.localhost/",
    "http://printer/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://user:pass@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com:22/",
    "http://example.com:6379/",
    "https://example.com:5432/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "http://",
    "not an address",
    `http://example.com/${"a".repeat(2_000)}`,
  ];
  it.each(literals)("%s is not asked", async (url) => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return ["127.0.0.1"];
    };
    expect(await refusal(get(url, { resolve, allowed: [] }))).toBe("url_blocked");
    expect(asked).toBe(0);
  });

  it.each([
    "http://example.com/",
    "https://example.com:8443/a?b#c",
    "http://93.184.216.34/",
    "http://[2606:2800:220:1::1]/",
    "http://bücher.example/",
  ])("%s may be asked", (url) => expect(checkUrl(url, { allowPrivateHosts: [] })).toBeInstanceOf(URL));

  it("is public only in its usual form", () => {
    for (const address of ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]) expect(isPublicAddress(address), address).toBe(true);
    for (const address of ["", "1.1.1", "0x1.1.1.1", "fe80::1%eth0", "::ffff:1.1.1.1", "4000::1"]) {
      expect(isPublicAddress(address), address).toBe(false);
    }
  });
});

describe("a name", () => {
  it.each([[["127.0.0.1"]], [["93.184.216.34", "10.0.0.1"]], [["::1"]], [["::ffff:10.0.0.1"]], [["169.254.169.254"]]])(
    "that stands for %j is not asked",
    async (addresses) => expect(await refusal(get("http://sly.example.com/", { resolve: async () => addresses }))).toBe("url_blocked"),
  );

  it("is resolved once: what it stands for a moment later does not matter", async () => {
    site.set("/secret", "the keys");
    const url = `http://rebind.example.com:${new URL(site.origin).port}/secret`;
    let asked = 0;
    // By the second answer the connection would go to a machine that nobody judged.
    const allowed = [`rebind.example.com:${new URL(site.origin).port}`];
    const once: Resolve = async () => (asked++ === 0 ? ["127.0.0.1"] : ["203.0.113.7"]);
    expect((await get(url, { resolve: once, allowed })).status).toBe(200);
    expect(asked).toBe(1);
    expect(site.seen[0]?.headers["host"]).toBe(allowed[0]);
  });

  it("that does not exist, or whose server says nothing, ends as unreachable or too slow", async () => {
    expect(await refusal(get("http://gone.example.com/"))).toBe("unreachable");
    const never: Resolve = () => new Promise(() => {});
    expect(await refusal(get("http://slow.example.com/", { resolve: never, times: { answerMs: 50, wholeMs: 50 } }))).toBe("timeout");
  });
});

describe("a redirect", () => {
  const moved = (location: string, status = 302) => ({ status, headers: { location }, body: "" });

  it("is followed, five steps at most", async () => {
    for (let step = 0; step < 6; step++) site.set(`/step${step}`, moved(`/step${step + 1}`));
    site.set("/step6", "the end");
    expect((await get(`${site.origin}/step1`)).url.pathname).toBe("/step6");
    expect(await refusal(get(`${site.origin}/step0`))).toBe("redirects");
    site.set("/round", moved("/round", 308));
    expect(await refusal(get(`${site.origin}/round`))).toBe("redirects");
  });

  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://2130706433/",
    "//10.0.0.1/",
    "http://localhost/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "http://user@example.com/",
  ])("to %s is not", async (location) => {
    site.set("/away", moved(location));
    expect(await refusal(get(`${site.origin}/away`))).toBe("url_blocked");
  });

  it("to another port of an allowed machine is not", async () => {
    const other = await createFakeSite({ "/": "secret" });
    site.set("/away", moved(other.origin));
    expect(await refusal(get(`${site.origin}/away`))).toBe("url_blocked");
    expect(other.seen).toEqual([]);
    await other.close();
  });

  it("is only told where that is what was asked for", async () => {
    site.set("/old", moved("/new", 301));
    expect(await get(`${site.origin}/old`, { redirects: "tell" })).toMatchObject({ movedTo: `${site.origin}/new` });
    expect(site.paths()).toEqual(["/old"]);
  });
});

describe("an answer", () => {
  const bytesMax = 100_000;

  it("comes whole, unpacked, and without a trace of who asks", async () => {
    const text = "Keep your receipt. ".repeat(100);
    site.set("/plain", text);
    site.set("/gzip", { body: gzipSync(text), headers: { "content-encoding": "gzip" } });
    site.set("/br", { body: brotliCompressSync(text), headers: { "content-encoding": "br" } });
    for (const path of ["/plain", "/gzip", "/br"]) {
      expect(Buffer.from((await get(site.origin + path)).bytes).toString(), path).toBe(text);
    }
    const names = Object.keys(site.seen[0]?.headers ?? {}).sort();
    expect(names).toEqual(["accept-encoding", "connection", "host", "user-agent"]);
    expect(site.seen[0]?.headers["user-agent"]).toMatch(/^AxonBot\//);
  });

  it.each([
    ["says itself that it is too large", { body: "x".repeat(bytesMax + 1) }],
    ["never ends", { how: "endless" }],
    ["is a gzip bomb", { body: gzipSync(Buffer.alloc(50_000_000)), headers: { "content-encoding": "gzip" } }],
    ["is a brotli bomb", { body: brotliCompressSync(Buffer.alloc(50_000_000)), headers: { "content-encoding": "br" } }],
  ] as const)("that %s is too large", async (_what, page) => {
    site.set("/big", page);
    const before = process.memoryUsage().rss;
    expect(await refusal(get(`${site.origin}/big`, { bytesMax }))).toBe("too_large");
    expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000);
  });

  it.each([
    ["says nothing", { how: "silent" }, { answerMs: 100, wholeMs: 20_000 }],
    ["drips", { how: "trickle" }, { answerMs: 20_000, wholeMs: 300 }],
  ] as const)("that %s is given up", async (_what, page, waits) => {
    site.set("/slow", page);
    expect(await refusal(get(`${site.origin}/slow`, { times: waits }))).toBe("timeout");
  });

  it.each([
    ["is cut off", { body: "half of it", how: "cut", headers: { "content-length": "10" } }, "unreachable"],
    ["is shorter than it says", { body: "short", how: "cut", headers: { "content-length": "1000" } }, "unreachable"],
    ["goes over to another protocol", { status: 101, headers: { upgrade: "x", connection: "upgrade" } }, "unreachable"],
    ["is packed and damaged", { body: "no gzip at all", headers: { "content-encoding": "gzip" } }, "unreachable"],
    ["is packed in a way of its own", { body: "?", headers: { "content-encoding": "compress" } }, "invalid"],
    ["is packed twice", { body: gzipSync(gzipSync("a")), headers: { "content-encoding": "gzip, gzip" } }, "invalid"],
  ] as const)("that %s is none", async (_what, page, code) => {
    site.set("/broken", page);
    expect(await refusal(get(`${site.origin}/broken`))).toBe(code);
  });

  it("with more headers than sense is none", async () => {
    site.set("/headers", { body: "a", headers: { "x-much": "a".repeat(40_000) } });
    expect(await refusal(get(`${site.origin}/headers`))).toBe("unreachable");
  });

  it("is not waited for by somebody who was told to stop", async () => {
    site.set("/slow", { how: "silent" });
    const stop = new AbortController();
    const asking = get(`${site.origin}/slow`, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
  });
});
