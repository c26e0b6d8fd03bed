import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { parseDocument } from "./parse-document.ts";
import { createParser, type Parser } from "./parser.ts";

const patienceMs = 120_000;
const small = { bytes: new Uint8Array(Buffer.from("Refunds take 30 days.")), mime: "text/plain", name: "a.txt" };
const slow = { bytes: endlessPdf(), mime: "application/pdf", name: "slow.pdf" };
const parsers: Parser[] = [];
const make = (timeoutMs: number, memoryMb: number) => {
  const parser = createParser({ children: 1, timeoutMs, memoryMb });
  parsers.push(parser);
  return parser;
};
afterEach(async () => {
  for (const parser of parsers.splice(0)) await parser.close();
});

/** A small file that takes minutes: two thousand pages that all show one long stream of text. */
function endlessPdf(): Uint8Array {
  const content = `BT /F 10 Tf ${"1 0 0 1 50 50 Tm (a) Tj 1 0 0 1 90 90 Tm (b) Tj ".repeat(10_000)} ET`;
  const page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>/Contents 4 0 R>>";
  const pages = Array.from({ length: 2_000 }, (_, i) => `${i + 5} 0 obj${page}endobj\n`).join("");
  const kids = Array.from({ length: 2_000 }, (_, i) => `${i + 5} 0 R`).join(" ");
  return new Uint8Array(
    Buffer.from(
      `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 2000/Kids[${kids}]>>endobj\n3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n4 0 obj<</Length ${content.length}>>stream\n${content}\nendstream endobj\n${pages}trailer<</Root 1 0 R>>\n%%EOF`,
    ),
  );
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number);
const isRunning = (pid: number) => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + patienceMs / 2; !condition() && Date.now() < end; ) await sleep(50);
}

describe("reading in a child process", () => {
  it("gives the document, and refuses with a code and a sentence", { timeout: patienceMs }, async () => {
    const parser = make(60_000, 512);
    expect(await parser.parse(small)).toEqual({
      title: null,
      blocks: [{ kind: "paragraph", text: "Refunds take 30 days." }],
      pages: null,
      chars: 21,
      encoding: "utf-8",
    });
    await expect(parser.parse({ ...small, bytes: Buffer.from("%PDF-1.4 nothing") })).rejects.toMatchObject({
      name: "DocumentError",
      code: "invalid",
      message: expect.stringMatching(/damaged/),
    });
    await expect(parser.parse({ ...small, bytes: new Uint8Array() })).rejects.toMatchObject({ code: "empty" });
    expect(await parseDocument(small, { timeoutMs: 60_000, memoryMb: 512 })).toMatchObject({ chars: 21 });
  });

  it("kills a document that takes too long, and reads the next one", { timeout: patienceMs }, async () => {
    const parser = make(3_000, 4_096);
    await parser.warm();
    const [slowly, next] = await Promise.allSettled([parser.parse(slow), parser.parse(small)]);
    expect(slowly).toMatchObject({ status: "rejected", reason: { code: "timeout" } });
    expect(next).toMatchObject({ status: "fulfilled", value: { chars: 21 } });
  });

  it("kills a document that wants too much memory, and reads the next one", { timeout: patienceMs }, async () => {
    const parser = make(100_000, 400);
    await expect(parser.parse(slow)).rejects.toMatchObject({ code: "out_of_memory" });
    expect(await parser.parse(small)).toMatchObject({ chars: 21 });
  });

  it("stops at once when it is told to, also while it waits", { timeout: patienceMs }, async () => {
    const parser = make(100_000, 1_024);
    const both = [AbortSignal.timeout(500), AbortSignal.timeout(500)].map((signal) => parser.parse(slow, { signal }));
    for (const outcome of await Promise.allSettled(both))
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "timeout" } });
    expect(await parser.parse(small)).toMatchObject({ chars: 21 });
  });

  it("leaves no child behind when it is closed", { timeout: patienceMs }, async () => {
    const parser = make(100_000, 1_024);
    await parser.warm();
    const busy = parser.parse(slow);
    const refused = expect(busy).rejects.toMatchObject({ name: "DocumentError" });
    await parser.close();
    await refused;
    await expect(parser.parse(small)).rejects.toThrow("closed");
  });
});

describe.skipIf(process.platform !== "linux")("a parent that is killed", () => {
  it("takes its child with it, even one that is busy with an endless document", { timeout: patienceMs }, async () => {
    const here = (file: string) => JSON.stringify(pathToFileURL(fileURLToPath(new URL(file, import.meta.url))).href);
    const script = `import { createParser } from ${here("./parser.ts")};
      const parser = createParser({ children: 1, timeoutMs: 600000, memoryMb: 4096 });
      await parser.warm();
      const parts = [];
      for await (const part of process.stdin) parts.push(part);
      parser.parse({ bytes: new Uint8Array(Buffer.concat(parts)), mime: "application/pdf", name: "a.pdf" }).catch(() => {});
      setTimeout(() => console.log("busy"), 1500);`;
    const parent = spawn(
      process.execPath,
      ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href, "--input-type=module", "-e", script],
      { stdio: ["pipe", "pipe", "ignore"], env: {} },
    );
    parent.stdin.end(slow.bytes);
    await new Promise((resolve) => parent.stdout.once("data", resolve));
    const children = childrenOf(parent.pid ?? 0);
    expect(children.filter(isRunning).length).toBeGreaterThan(0);
    parent.kill("SIGKILL");
    await until(() => !children.some(isRunning));
    expect(children.filter(isRunning)).toEqual([]);
  });
});
