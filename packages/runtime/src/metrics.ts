/**
 * The numbers of one process, in Prometheus' words: what is asked of it, how long that takes, how much of it fails, and how
 * full it is.
 *
 * Labels are bounded: nobody outside can make a new one. Knows names and times; never who asked, nor what for.
 *
 * @module
 */
import { isJobName } from "@axon/contracts/jobs";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Seconds; a query should be done in a tenth of one, a document may take ten minutes. */
const callBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const workBuckets = [0.01, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 120, 600];
const modelBuckets = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];
/** Agents may name any model they like; those beyond are counted together. */
const modelsMax = 50;
const otherModels = "other";
const httpMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** One call to a model, told when it has ended. */
export interface ModelCall {
  provider: string;
  model: string;
  kind: "chat" | "embed";
  /** `ok`, the `AiError`'s code, or `aborted`. */
  outcome: string;
  ms: number;
  /** Until the first piece of a reply; null without one. */
  firstTokenMs: number | null;
  promptTokens: number;
  completionTokens: number;
}

export interface GaugeReading {
  labels: Record<string, string>;
  value: number;
}

export interface Metrics {
  /** Everything, as a scraper wants it. A number that cannot be had is left out; the others come all the same. */
  read(): Promise<{ contentType: string; text: string }>;
  /** A call of a procedure begins; gives what to call when it has ended. */
  procedureBegan(
    procedure: string,
    kind: "query" | "mutation" | "subscription",
  ): (outcome: { code: string; reason: string | null }) => void;
  /** A call named a procedure that there is not. */
  procedureUnknown(): void;
  httpEnded(request: { method: string; route: string; status: number; ms: number }): void;
  jobBegan(queue: string, waitedMs: number | null): void;
  jobEnded(queue: string, job: string, outcome: string, ms: number): void;
  modelCalled(call: ModelCall): void;
  /** One try within a call to a model has ended: `ok`, what it failed with, `dialect` or `breaker_open`. */
  modelTried(tried: { provider: string; model: string; outcome: string }): void;
  /** A number that is looked up when somebody asks for it. */
  gauge(name: `axon_${string}`, help: string, labelNames: string[], read: () => Promise<GaugeReading[]> | GaugeReading[]): void;
}

/** Metrics of its own registry: any number may live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) => new Counter({ name, help, labelNames, registers });
  const seconds = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });

  const calls = counter("axon_procedure_calls_total", "Calls of procedures that have ended", ["procedure", "kind"]);
  const callErrors = counter("axon_procedure_errors_total", "Calls that did not succeed", ["procedure", "code", "reason"]);
  const callTimes = seconds("axon_procedure_duration_seconds", "Time of queries and mutations", ["procedure"], callBuckets);
  const callsNow = new Gauge({ name: "axon_procedures_in_flight", help: "Calls under way", labelNames: ["kind"], registers });
  const requests = counter("axon_http_requests_total", "HTTP requests that have ended", ["method", "route", "status"]);
  const requestTimes = seconds("axon_http_request_duration_seconds", "Time of HTTP requests", ["method", "route"], callBuckets);
  const jobs = counter("axon_jobs_total", "Tries of jobs that have ended", ["queue", "job", "outcome"]);
  const jobTimes = seconds("axon_job_duration_seconds", "Time of one try of a job", ["queue", "job"], workBuckets);
  const jobWaits = seconds("axon_job_wait_seconds", "Time from when a job was due to its first try", ["queue"], workBuckets);
  const modelCalls = counter("axon_model_calls_total", "Calls to models", ["provider", "model", "kind", "outcome"]);
  const modelTries = counter("axon_model_tries_total", "Tries within calls to models", ["provider", "model", "outcome"]);
  const modelTimes = seconds("axon_model_duration_seconds", "Time of whole model calls", ["provider", "model", "kind"], modelBuckets);
  const firstTokens = seconds("axon_model_first_token_seconds", "Time to a reply's first piece", ["provider", "model"], modelBuckets);
  const tokens = counter("axon_model_tokens_total", "Tokens read and written by models", ["provider", "model", "direction"]);
  const lost = counter("axon_scrape_errors_total", "Numbers that could not be read", ["metric"]);
  const modelLabel = bounded(modelsMax, otherModels);

  return {
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    procedureBegan(procedure, kind) {
      const startedAt = performance.now();
      callsNow.inc({ kind });
      return ({ code, reason }) => {
        callsNow.dec({ kind });
        calls.inc({ procedure, kind });
        if (code !== "OK") callErrors.inc({ procedure, code, reason: reason ?? "none" });
        if (kind !== "subscription") callTimes.observe({ procedure }, (performance.now() - startedAt) / 1000);
      };
    },
    procedureUnknown() {
      calls.inc({ procedure: "unknown", kind: "unknown" });
      callErrors.inc({ procedure: "unknown", code: "NOT_FOUND", reason: "not_found" });
    },
    httpEnded({ method, route, status, ms }) {
      const known = httpMethods.has(method) ? method : "other";
      requests.inc({ method: known, route, status: String(status) });
      requestTimes.observe({ method: known, route }, ms / 1000);
    },
    jobBegan(queue, waitedMs) {
      if (waitedMs !== null) jobWaits.observe({ queue }, waitedMs / 1000);
    },
    jobEnded(queue, name, outcome, ms) {
      const job = isJobName(name) ? name : "unknown";
      jobs.inc({ queue, job, outcome });
      jobTimes.observe({ queue, job }, ms / 1000);
    },
    modelCalled({ provider, kind, outcome, ms, firstTokenMs, promptTokens, completionTokens, ...call }) {
      const model = modelLabel(call.model);
      modelCalls.inc({ provider, model, kind, outcome });
      modelTimes.observe({ provider, model, kind }, ms / 1000);
      if (firstTokenMs !== null) firstTokens.observe({ provider, model }, firstTokenMs / 1000);
      tokens.inc({ provider, model, direction: "prompt" }, promptTokens);
      tokens.inc({ provider, model, direction: "completion" }, completionTokens);
    },
    modelTried: ({ provider, model, outcome }) => modelTries.inc({ provider, model: modelLabel(model), outcome }),
    gauge(name, help, labelNames, read) {
      const collect = async () => {
        gauge.reset();
        try {
          for (const { labels, value } of await read()) gauge.set(labels, value);
        } catch {
          lost.inc({ metric: name });
        }
      };
      const gauge: Gauge = new Gauge({ name, help, labelNames, registers, collect });
    },
  };
}

/** Gives the first `max` values back as they are, and `other` for all that come later. */
function bounded(max: number, other: string): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.size < max) known.add(value);
    return known.has(value) ? value : other;
  };
}
