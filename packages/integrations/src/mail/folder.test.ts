import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createMailFolder } from "./folder.ts";

const base = mkdtempSync(join(tmpdir(), "axon-mail-"));
const signal = new AbortController().signal;
const letter = (id: string) => ({ id, to: "ada@example.com", subject: "Hello", text: "Hello Ada", html: "<p>Hello Ada</p>" });

afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("the development mailbox", () => {
  it("keeps a letter in three forms that only its owner can read", async () => {
    const dir = join(base, "forms");
    expect(await createMailFolder({ dir })(letter("one"), signal)).toEqual({ outcome: "sent" });
    expect(readdirSync(dir).sort()).toEqual(["one.html", "one.json", "one.txt"]);
    expect(readFileSync(join(dir, "one.txt"), "utf8")).toBe("Hello Ada");
    expect(JSON.parse(readFileSync(join(dir, "one.json"), "utf8"))).toMatchObject({ ...letter("one"), sentAt: expect.any(String) });
    expect(statSync(join(dir, "one.json")).mode & 0o077).toBe(0);
  });

  it("has a letter once that was handed over twice", async () => {
    const dir = join(base, "twice");
    const send = createMailFolder({ dir });
    await Promise.all([send(letter("one"), signal), send(letter("one"), signal), send(letter("two"), signal)]);
    expect(readdirSync(dir).filter((name) => name.endsWith(".json"))).toHaveLength(2);
    expect(readdirSync(dir)).toHaveLength(6);
  });

  it("keeps the newest letters only", async () => {
    const dir = join(base, "newest");
    const send = createMailFolder({ dir, lettersMax: 3 });
    for (const id of ["a", "b", "c", "d", "e"]) {
      await send(letter(id), signal);
      await new Promise((resolve) => setTimeout(resolve, 5)); // File times have a grain.
    }
    expect(readdirSync(dir).filter((name) => name.endsWith(".json"))).toEqual(["c.json", "d.json", "e.json"]);
    expect(readdirSync(dir)).toHaveLength(9);
  });

  it("takes no id that is a path", async () => {
    await expect(createMailFolder({ dir: join(base, "paths") })(letter("../out"), signal)).rejects.toThrow("letter's id");
    expect(readdirSync(base)).not.toContain("out.json");
  });
});
