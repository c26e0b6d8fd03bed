import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { logContext, noteInLogContext, resumeLogContext, withLogContext } from "./log-context.ts";
import { createLogger } from "./logger.ts";

describe("the context of a log line", () => {
  it("is on every line of the request or job, also after waiting, and on no other", async () => {
    const lines: Record<string, unknown>[] = [];
    const log = createLogger({ level: "info", name: "server", destination: { write: (line) => void lines.push(JSON.parse(line)) } });
    await Promise.all(
      ["r1", "r2"].map((requestId) =>
        withLogContext({ requestId }, async () => {
          log.info("begun");
          await setImmediate();
          noteInLogContext({ workspaceId: `w-${requestId}` });
          await withLogContext({ job: "reply.generate" }, async () => log.info("inner"));
        }),
      ),
    );
    log.info("outside");
    const inner = lines.filter(({ msg }) => msg === "inner");
    expect(inner.map(({ requestId, workspaceId, job }) => [requestId, workspaceId, job])).toEqual([
      ["r1", "w-r1", "reply.generate"],
      ["r2", "w-r2", "reply.generate"],
    ]);
    expect(lines.find(({ msg }) => msg === "outside")).not.toHaveProperty("requestId");
  });

  it("can be come back to: what is noted then shows everywhere in it", () => {
    const context = { requestId: "r1" };
    resumeLogContext(context, () => noteInLogContext({ workspaceId: "w1" }));
    expect(resumeLogContext(context, logContext)).toEqual({ requestId: "r1", workspaceId: "w1" });
    noteInLogContext({ workspaceId: "w2" });
    expect(logContext()).toEqual({});
  });
});
