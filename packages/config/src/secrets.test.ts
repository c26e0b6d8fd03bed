import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeSecrets } from "./secrets.ts";

let parent: string;
let home: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "axon-secrets-"));
  home = join(parent, "data");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe("made secrets", () => {
  it("lie in a file that only its owner can read, and leave nothing else behind", () => {
    makeSecrets(home);
    expect(statSync(join(home, "secrets.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(["secrets.json"]);
  });

  it("are different in every data folder and for every use, and not written down as they are", () => {
    const here = Object.values(makeSecrets(home));
    const there = Object.values(makeSecrets(join(parent, "other")));
    expect(new Set([...here, ...there]).size).toBe(6);
    const file = readFileSync(join(home, "secrets.json"), "utf8");
    for (const secret of here) expect(file).not.toContain(secret);
  });

  it("are refused, not silently replaced, when the file is damaged", () => {
    makeSecrets(home);
    writeFileSync(join(home, "secrets.json"), '{"root":"');
    expect(() => makeSecrets(home)).toThrow(/damaged/);
    expect(readFileSync(join(home, "secrets.json"), "utf8")).toBe('{"root":"');
  });

  it("are the same for processes that start at the same moment", { timeout: 120_000 }, async () => {
    const code = `
      import { makeSecrets } from ${JSON.stringify(new URL("./secrets.ts", import.meta.url).href)};
      process.stdout.write("ready\\n");
      process.stdin.once("data", () => {
        for (let i = 0; i < 50; i += 1) console.log(makeSecrets(${JSON.stringify(home)} + i).JWT_SECRET);
        process.exit(0);
      });`;
    const children = [start(code), start(code)];
    await Promise.all(children.map(({ ready }) => ready));
    for (const { child } of children) child.stdin.write("go\n");
    const [one, other] = await Promise.all(children.map(({ output }) => output));
    expect(one?.match(/^[0-9a-f]{64}$/gm)).toHaveLength(50);
    expect(other).toBe(one);
  });
});

/** Runs TypeScript source in a process of its own that says "ready" and waits for a word. */
function start(code: string) {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", code], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("ready")) resolve();
    });
  });
  const output = new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => (exitCode === 0 ? resolve(text) : reject(new Error(`exit code ${exitCode}`))));
  });
  return { child, ready, output };
}
