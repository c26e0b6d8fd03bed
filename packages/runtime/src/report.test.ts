import { withLogContext } from "@axon/config/log-context";
import { openSentryReceiver, type SentryReceiver } from "@axon/testing/sentry/receiver";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createReporter, type Reporter } from "./report.ts";

let receiver: SentryReceiver;
let reporter: Reporter;
beforeEach(async () => {
  receiver = await openSentryReceiver();
  reporter = await createReporter({ dsn: receiver.dsn, name: "server", release: "1.2.3", environment: "test" });
});
afterEach(async () => {
  await reporter.close(100);
  await receiver.close();
});

describe("a report", () => {
  it("says what broke, where, with its causes, in which process and for which request", async () => {
    const error = new Error("no room", { cause: Object.assign(new Error("disk full"), { code: "ENOSPC" }) });
    withLogContext({ requestId: "r-1", workspaceId: "w-1" }, () => reporter.report(error, { procedure: "auth.me" }));
    const event = await receiver.waitFor(() => true);
    expect(event).toMatchObject({
      level: "error",
      release: "1.2.3",
      environment: "test",
      tags: { process: "server", requestId: "r-1", workspaceId: "w-1", procedure: "auth.me" },
      exception: { values: [{ value: "disk full" }, { type: "Error", value: "no room" }] },
    });
    expect(event.exception?.values[1]?.stacktrace?.frames.length).toBeGreaterThan(0);
  });

  it("holds no secret, no address and nothing that a customer said", async () => {
    const said = "my order 4711 never came";
    const failed = Object.assign(new Error(`Failed query: insert into message values ($1)\nparams: ${said}`), {
      query: "insert",
      params: [said],
    });
    reporter.report(new Error("Bearer hunter2-hunter2 of jane@shop.example.com, +49 151 23456789", { cause: failed }));
    await receiver.waitFor(() => true);
    for (const planted of ["hunter2", "jane", "23456789", "4711"]) expect(receiver.raw()).not.toContain(planted);
    expect(receiver.raw()).toContain("Failed query: insert into message");
  });

  it("costs its teller nothing when nobody takes it: refused, unanswered, or nobody there", async () => {
    for (const trouble of ["busy", "silent", "gone"] as const) {
      if (trouble === "gone") await receiver.close();
      else receiver.behave(trouble);
      const startedAt = performance.now();
      for (let number = 0; number < 500; number++) reporter.report(new Error(`broken ${number}`));
      expect(performance.now() - startedAt, trouble).toBeLessThan(2_000);
    }
    const startedAt = performance.now();
    await reporter.close(200);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(receiver.knocks()).toBeLessThanOrEqual(100);
  });

  it("goes nowhere without an address", async () => {
    const nowhere = await createReporter({ dsn: null, name: "server", release: "1", environment: "test" });
    nowhere.report(new Error("broken"));
    await nowhere.close(1_000);
    expect(receiver.knocks()).toBe(0);
  });
});
