import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSentryReceiver, type SentryReceiver } from "@axon/testing/sentry/receiver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let receiver: SentryReceiver;
beforeAll(async () => {
  receiver = await openSentryReceiver();
});
afterAll(() => receiver.close());

/** Runs a process of production whose start does `act`, and gives how it ended and all that it said. */
async function run(act: string, env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  const complete = {
    DATABASE_URL: "postgresql://axon:hunter2@127.0.0.1:1/axon",
    REDIS_URL: "redis://127.0.0.1:1",
    JWT_SECRET: "a".repeat(32),
    JWT_REFRESH_SECRET: "r".repeat(32),
    UPLOAD_SECRET: "u".repeat(32),
    ENCRYPTION_KEYS: `one:${"0123456789abcdef".repeat(4)}`,
    SENTRY_DSN: receiver.dsn,
    ...env,
  };
  const script = `
    import { runProcess } from "./src/run.ts";
    await runProcess("worker", ${JSON.stringify(complete)}, async () => { ${act}; return { stop: async () => {} }; });`;
  const child = spawn(process.execPath, ["--import", "tsx", "-C", "source", "--input-type=module", "-e", script], {
    cwd: new URL("..", import.meta.url),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (bytes: Buffer) => {
    output += bytes.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const [code] = await once(child, "close");
  return { code, output };
}

describe("a process", () => {
  it.each([
    ["could not start", "throw new Error('the end of one')", "could not start"],
    ["threw where nobody caught it", "setTimeout(() => { throw new Error('the end of two') }, 10)", "nobody caught this; ending"],
    ["left a promise to fail", "setTimeout(() => Promise.reject(new Error('the end of three')), 10)", "nobody caught this; ending"],
  ])("that %s says so, reports it and ends with 1", async (_, act, message) => {
    const { code, output } = await run(act);
    expect(code, output).toBe(1);
    const why = /the end of \w+/.exec(act)?.[0] ?? "";
    const lines = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ level: "fatal", name: "worker", msg: message, err: { message: why } }]);
    const report = await receiver.waitFor(({ exception }) => exception?.values.some(({ value }) => value === why) === true);
    expect(report.tags).toMatchObject({ process: "worker" });
  });

  it("with a bad environment names what is bad, shows no value and ends with 1", async () => {
    const { code, output } = await run("", { REDIS_URL: "hunter2", JWT_SECRET: "hunter2" });
    expect(code).toBe(1);
    expect(output).toMatch(/JWT_SECRET .*\n\s+REDIS_URL /);
    expect(output).not.toContain("hunter2");
  });
});
