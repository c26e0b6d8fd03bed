import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fakeIo } from "../testing/doubles.ts";
import { mail } from "./mail.ts";

let cwd = "";
const letter = (id: string, sentAt: string) => ({
  ...{ id, sentAt, from: "Axon <axon@localhost>", to: "ada@example.com", subject: `Letter ${id}`, html: "<p></p>" },
  text: `Open this:\nhttp://localhost:3000/verify-email?token=${id}\n`,
});

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "axon-mail-cli-"));
  mkdirSync(join(cwd, ".axon", "mail"), { recursive: true });
  const put = (name: string, content: string) => writeFileSync(join(cwd, ".axon", "mail", name), content);
  put("b.json", JSON.stringify(letter("b", "2026-11-22T10:00:01.000Z")));
  put("a.json", JSON.stringify(letter("a", "2026-11-22T10:00:02.000Z")));
  put("a.txt", "text");
  put("broken.json", "{");
  put("other.json", '{"id":"other"}');
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function run(options: { home?: string; latest?: boolean; json?: boolean }) {
  const { io, out, err } = fakeIo();
  const code = await mail(io, { home: ".axon", cwd, ...options });
  return { code, out: out(), err: err() };
}

describe("axon mail", () => {
  it("lists the letters with their links, newest last", async () => {
    const { code, out } = await run({});
    expect(code).toBe(0);
    expect(out.indexOf("Letter b")).toBeLessThan(out.indexOf("Letter a"));
    expect(out).toContain("http://localhost:3000/verify-email?token=a");
    expect(out).not.toContain("other");
  });

  it("prints the newest letter whole", async () => {
    const { code, out } = await run({ latest: true });
    expect(code).toBe(0);
    expect(out).toContain("To: ada@example.com");
    expect(out).toContain("Subject: Letter a");
    expect(out).toContain("token=a");
  });

  it("gives both as JSON", async () => {
    expect(JSON.parse((await run({ json: true })).out)).toMatchObject([{ id: "b" }, { id: "a" }]);
    expect(JSON.parse((await run({ json: true, latest: true })).out)).toMatchObject({ id: "a" });
    expect(JSON.parse((await run({ home: "nowhere", json: true })).out)).toEqual([]);
  });

  it("says so when there is none", async () => {
    const empty = await run({ home: "nowhere", latest: true });
    expect(empty.code).toBe(1);
    expect(empty.err).toContain(join(cwd, "nowhere", "mail"));
  });
});
