import { describe, expect, it } from "vitest";
import { createMetrics, type ModelCall } from "./metrics.ts";

const call = (model: string): ModelCall => ({
  provider: "openai",
  model,
  kind: "chat",
  outcome: "ok",
  ms: 1_500,
  firstTokenMs: 300,
  promptTokens: 10,
  completionTokens: 5,
});

describe("metrics", () => {
  it("tell traffic, errors, time and what is under way, per procedure", async () => {
    const metrics = createMetrics();
    metrics.procedureBegan("auth.me", "query")({ code: "OK", reason: null });
    metrics.procedureBegan("auth.me", "query")({ code: "UNAUTHORIZED", reason: "token_expired" });
    metrics.procedureBegan("conversations.onConversation", "subscription");
    metrics.procedureUnknown();
    const { text, contentType } = await metrics.read();
    expect(contentType).toContain("text/plain");
    expect(text).toContain('axon_procedure_calls_total{procedure="auth.me",kind="query"} 2');
    expect(text).toContain('axon_procedure_errors_total{procedure="auth.me",code="UNAUTHORIZED",reason="token_expired"} 1');
    expect(text).toContain('axon_procedure_duration_seconds_count{procedure="auth.me"} 2');
    expect(text).toContain('axon_procedures_in_flight{kind="subscription"} 1');
    expect(text).toContain('axon_procedures_in_flight{kind="query"} 0');
    expect(text).toContain('axon_procedure_calls_total{procedure="unknown",kind="unknown"} 1');
    expect(text).toContain("nodejs_eventloop_lag_seconds");
  });

  it("keep their labels few, whatever agents call their models and strangers their methods and jobs", async () => {
    const metrics = createMetrics();
    for (let number = 0; number < 1_000; number++) metrics.modelCalled(call(`model-${number}`));
    for (let number = 0; number < 1_000; number++) metrics.httpEnded({ method: `M${number}`, route: "/x", status: 400, ms: 1 });
    for (let number = 0; number < 1_000; number++) metrics.jobEnded("system", `job.${number}`, "dead", 1);
    const { text } = await metrics.read();
    expect(text.match(/^axon_model_calls_total\{/gm)).toHaveLength(51);
    expect(text).toContain('axon_model_calls_total{provider="openai",model="other",kind="chat",outcome="ok"} 950');
    expect(text).toContain('axon_http_requests_total{method="other",route="/x",status="400"} 1000');
    expect(text).toContain('axon_jobs_total{queue="system",job="unknown",outcome="dead"} 1000');
  });

  it("come without a number that cannot be read, which is counted, and with it again when it can", async () => {
    const metrics = createMetrics();
    let broken = false;
    metrics.gauge("axon_queue_jobs", "Jobs", ["queue"], async () => {
      if (broken) throw new Error("the queue is away");
      return [{ labels: { queue: "replies" }, value: 7 }];
    });
    expect((await metrics.read()).text).toContain('axon_queue_jobs{queue="replies"} 7');
    broken = true;
    const { text } = await metrics.read();
    expect(text).not.toContain("axon_queue_jobs{");
    expect(text).toContain("axon_procedures_in_flight");
    broken = false;
    const again = (await metrics.read()).text;
    expect(again).toContain('axon_queue_jobs{queue="replies"} 7');
    expect(again).toContain('axon_scrape_errors_total{metric="axon_queue_jobs"} 1');
  });
});
