import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxonError } from "@axon/client/errors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explain, UsageError } from "./failure.ts";
import { run } from "./program.ts";
import { fakeIo } from "./testing/doubles.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "axon-cli-"));
});
afterAll(() => rm(cwd, { recursive: true }));

/** A port that nothing listens on: reserved and never given out. */
const deadUrl = "http://127.0.0.1:1";
async function axon(...argv: string[]) {
  const { io, out, err } = fakeIo();
  const code = await run(argv, {
    io,
    settings: { url: deadUrl, token: "axk_x", workspaceId: undefined, axonHome: undefined, configFolder: join(cwd, "config"), cwd },
    handbookDir: cwd,
    version: "1.2.3",
  });
  return { code, out: out(), err: err() };
}

describe("the axon command", () => {
  it("says how to start the server when none answers", async () => {
    const { code, err } = await axon("ask", "hello?");
    expect(code).toBe(3);
    expect(err).toContain(`Axon does not answer at ${deadUrl}.`);
    expect(err).toContain("npm start");
  });

  it("tells a wrong command from a failure, and help from both", async () => {
    expect(await axon("aks")).toMatchObject({ code: 2, err: expect.stringContaining("unknown command") });
    expect(await axon("ingest")).toMatchObject({ code: 2 });
    expect(await axon("ingest", "nowhere/")).toMatchObject({ code: 1 });
    expect(await axon("ask")).toMatchObject({ code: 2, err: expect.stringContaining("Ask something") });
    expect(await axon("--help")).toMatchObject({ code: 0, out: expect.stringContaining("seed") });
    expect(await axon("--version")).toEqual({ code: 0, out: "1.2.3\n", err: "" });
  });

  it("asks a script for the flags it forgot instead of waiting for a person", async () => {
    const { io, err } = fakeIo();
    const code = await run(["login"], {
      io,
      settings: { url: deadUrl, token: undefined, workspaceId: undefined, axonHome: undefined, configFolder: cwd, cwd },
      handbookDir: cwd,
      version: "1",
    });
    expect(code).toBe(2);
    expect(err()).toContain("--email");
  });
});

describe("a failure in words", () => {
  it("has an exit code that a script can branch on and a hint for what to do", () => {
    const said = (reason: string, more: { fields?: Record<string, string>; requestId?: string } = {}) =>
      explain(new AxonError({ reason, code: "X", message: "no", ...more }), "http://x");
    expect(said("unauthorized")).toMatchObject({ exitCode: 4, hint: expect.stringContaining("axon login") });
    expect(said("refresh_reused")).toMatchObject({ exitCode: 4 });
    expect(said("unreachable")).toMatchObject({ exitCode: 3 });
    expect(said("validation", { fields: { name: "too long" }, requestId: "q1" })).toEqual({
      message: "no (name: too long)",
      hint: "Request id: q1",
      exitCode: 1,
    });
    expect(explain(new UsageError("which?"), "http://x")).toEqual({ message: "which?", hint: null, exitCode: 2 });
    expect(explain(new Error("EACCES: no"), "http://x")).toEqual({ message: "EACCES: no", hint: null, exitCode: 1 });
  });
});
