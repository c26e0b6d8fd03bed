/**
 * What is told of the whole of Axon at work: one number from the door to the model, nothing secret in any line or report, and
 * the numbers and the readiness that its keepers look at.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createLogger } from "@axon/config/logger";
import { queues } from "@axon/contracts/jobs";
import { openPool } from "@axon/db/connect";
import { createProvider } from "@axon/runtime/provider";
import { createReporter, type Reporter } from "@axon/runtime/report";
import { answers, fails } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { openSentryReceiver, type SentryReceiver } from "@axon/testing/sentry/receiver";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { until } from "./processes.fixture.ts";
import { isOutcome, messagesOf, readUntil, returns, teach } from "./reading.fixture.ts";
import { headersOf } from "./wire.fixture.ts";

type Line = Record<string, unknown>;

let fake: FakeOpenAi;
let receiver: SentryReceiver;
let reporter: Reporter;
let app: App;
let owner: Owner;
let table: ReturnType<typeof openPool>;
let agentId: string;
let lines: Line[] = [];
let written = "";

beforeAll(async () => {
  fake = await createFakeOpenAi();
  receiver = await openSentryReceiver();
  reporter = await createReporter({ dsn: receiver.dsn, name: "axon", release: "test", environment: "test" });
  const destination = {
    write: (line: string) => {
      written += line;
      lines.push(JSON.parse(line));
    },
  };
  const openai = {
    apiKey: "sk-proj-planted-model-key-0123456789",
    baseUrl: fake.baseUrl,
    model: "gpt-4o",
    embeddingModel: "text-embedding-3-small",
    embeddingDimensions: null,
    fallback: null,
    timeoutMs: 60_000,
    firstByteMs: 20_000,
    maxTokens: 500,
    temperature: 0.3,
    prices: {},
  };
  const log = createLogger({ level: "debug", name: "axon", destination });
  app = await openApp({ provider: createProvider({ openai }, log), log, reporter });
  table = openPool(app.database, null, 1);
  owner = await app.found();
  await teach(owner.client, "Returns", returns.document);
  agentId = (await owner.client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0, confidenceThreshold: 0 })).id;
}, 180_000);
afterAll(async () => {
  await table?.end({ timeout: 5 });
  await app?.close();
  await reporter?.close(1_000);
  await receiver?.close();
  await fake?.close();
});
beforeEach(() => {
  fake.reset();
  lines = [];
});

interface Answer {
  status: number;
  requestId: string;
  body: { result?: { data: { conversation: { id: string; lastEventId: string } } }; error?: { data: { requestId: string } } };
}

async function post(path: string, input: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${app.url}/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headersOf(owner), ...headers },
    body: JSON.stringify(input),
  });
  // safe: the shapes of tRPC's answers, of which each test reads its own
  const body = (await response.json()) as Answer["body"];
  return { status: response.status, requestId: response.headers.get("x-request-id") ?? "", body };
}

async function line(matches: Line): Promise<Line> {
  const found = () => lines.find((one) => Object.entries(matches).every(([name, value]) => one[name] === value));
  await until(() => found() !== undefined, `a line with ${JSON.stringify(matches)}`, 30_000);
  return found() ?? {};
}

/** Lets every insert into a table fail, as it would if a migration had gone wrong. */
async function withBrokenTable(name: string, act: () => Promise<void>): Promise<void> {
  await table.unsafe(`alter table ${name} rename to ${name}_away`);
  try {
    await act();
  } finally {
    await table.unsafe(`alter table ${name}_away rename to ${name}`);
  }
}

describe("one number", () => {
  it("goes with a message from the door to the job, to the calls of the model and to the model's vendor, in every line", async () => {
    fake.script([answers(returns.answer)]);
    const { requestId, body } = await post(
      "conversations.start",
      { agentId, text: returns.question },
      { "x-request-id": "chosen-by-caller" },
    );
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/); // Ours: two callers could choose the same.
    const { id: conversationId, lastEventId } = body.result?.data.conversation ?? { id: "", lastEventId: "" };
    await readUntil((signal) => owner.client.follow.conversation({ conversationId, lastEventId }, { signal }), isOutcome);

    const mine = { requestId, workspaceId: owner.workspaceId };
    expect(await line({ ...mine, msg: "request" })).toMatchObject({ method: "POST", path: "conversations.start", status: 200 });
    expect(await line({ ...mine, msg: "a job is done", job: "reply.generate" })).toMatchObject({ attempt: 1, ms: expect.any(Number) });
    for (const kind of ["embed", "chat"]) {
      expect(await line({ ...mine, msg: "model call", kind })).toMatchObject({ provider: "openai", outcome: "ok", job: "reply.generate" });
    }
    expect(lines.find(({ kind }) => kind === "chat")).toMatchObject({ model: "gpt-4o", firstTokenMs: expect.any(Number) });
    const asked = fake.requests.map(({ endpoint, headers }) => [endpoint, headers["x-client-request-id"]]);
    expect(asked).toEqual([
      ["embeddings", requestId],
      ["chat", requestId],
    ]);
  });

  it("is given to each call over a socket; the error that the caller gets and the line in the log bear the same", async () => {
    const socket = new WebSocket(`${app.url.replace("http", "ws")}/trpc?connectionParams=1`);
    const answered: { error?: { data: { requestId: string } } }[] = [];
    socket.onmessage = ({ data }) => {
      if (String(data).startsWith("{")) answered.push(JSON.parse(String(data)));
    };
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    socket.send(JSON.stringify({ method: "connectionParams", data: { token: owner.token, workspaceId: owner.workspaceId } }));
    const ask = (id: number, path: string) =>
      socket.send(JSON.stringify({ id, method: "query", params: { path, input: { agentId: crypto.randomUUID() } } }));
    ask(1, "agents.get");
    ask(2, "agents.get");
    ask(3, "agents.nonsense");
    await until(() => answered.length === 3, "three answers");
    socket.close();
    const numbers = answered.map(({ error }) => error?.data.requestId ?? "");
    expect(new Set(numbers).size).toBe(3);
    const calls = lines.filter(({ msg, method }) => msg === "request" && method === "query");
    expect(calls).toHaveLength(2); // The third is no call of ours; it is counted below.
    for (const call of calls) {
      expect(call).toMatchObject({ path: "agents.get", status: "NOT_FOUND", reason: "not_found", workspaceId: owner.workspaceId });
      expect(numbers).toContain(call["requestId"]);
    }
  });
});

describe("no line and no report", () => {
  it("holds a secret, an address, a telephone number or what a customer said, whatever goes wrong", async () => {
    const said = "I am Jo Planted, call +49 151 23456789, my parcel 4711-PLANTED never came";
    const password = "planted-password-1";
    const email = "planted.person@example.com";
    const signedUp = await app.stranger().api.auth.signUp.mutate({ email, password, name: "Planted Person" });
    await post("auth.signIn", { email, password: "planted-password-2" }, { authorization: "", cookie: "session=planted-cookie-value" });
    await post("auth.refresh", { refreshToken: "axr_planted0123456789planted" });
    const key = await owner.client.api.workspaces.apiKeys.create.mutate({ name: "Robot", role: "member" });
    await fetch(`${app.url}/trpc/auth.me`, { headers: { authorization: `Bearer ${key.secret}` } });
    const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.planted-signature";
    await fetch(`${app.url}/trpc/auth.me?token=${jwt}&code=123456`, { headers: { authorization: `Bearer ${jwt}` } });
    await fetch(`${app.url}/reset/planted-link-value-0123456789?token=planted-link-token`);
    await fetch(`${app.url}/trpc/planted-name.${jwt}`);

    // The model's vendor refuses the prompt and says all of it.
    fake.when(
      () => true,
      fails(400, { message: `Your prompt was: ${said} (key sk-proj-planted-model-key-0123456789)`, code: "bad_prompt" }),
    );
    const { body } = await post("conversations.start", { agentId, text: said });
    const { id: conversationId = "" } = body.result?.data.conversation ?? {};
    await until(async () => (await messagesOf(owner.client, conversationId)).length > 1, "the fallback");

    // A statement fails that had the customer's words for a parameter: at the door, and in a job.
    await withBrokenTable("message", async () => {
      const { status, requestId } = await post("conversations.send", { conversationId, text: said });
      expect(status).toBe(500);
      const report = await receiver.waitFor(({ tags }) => tags?.["requestId"] === requestId);
      expect(report.tags).toMatchObject({ procedure: "conversations.send", workspaceId: owner.workspaceId });
      expect(JSON.stringify(report.exception)).toMatch(/Failed query: .*message/);
      expect(await line({ requestId, level: "error", msg: "a procedure failed" })).toMatchObject({ path: "conversations.send" });
    });
    await table`insert into outbox (workspace_id, key, name, payload, request_id)
      values (${owner.workspaceId}, 'planted-key', 'knowledge.purge', ${JSON.stringify({ workspaceId: 7, storageKeys: [said] })}::text::jsonb, 'request-of-the-dead')`;
    const dead = await receiver.waitFor(({ tags }) => tags?.["requestId"] === "request-of-the-dead");
    expect(dead).toMatchObject({ tags: { job: "knowledge.purge", jobId: "k-planted-key" } });
    await line({ requestId: "request-of-the-dead", level: "error", msg: "a job failed and was given up" });

    const secrets = [said, "4711", "23456789", password, "planted-password", email, "planted.person", "planted-cookie", "axr_planted"];
    const tokens = [
      String(key.secret),
      jwt,
      "eyJ",
      "planted-signature",
      "123456",
      "planted-link",
      "planted-name",
      "planted-model-key",
      "hunter2",
    ];
    for (const planted of [...secrets, ...tokens, String(signedUp.accessToken), String(signedUp.refreshToken), owner.token]) {
      expect(planted.length).toBeGreaterThan(2);
      expect(written, planted).not.toContain(planted);
      expect(receiver.raw(), planted).not.toContain(planted);
    }
    // Each refusal above was told to its caller; none of them is a report.
    expect(new Set(receiver.events.map(({ tags }) => tags?.["requestId"])).size).toBe(receiver.events.length);
    expect(receiver.events.map(({ tags }) => tags?.["procedure"] ?? tags?.["job"])).toEqual(["conversations.send", "knowledge.purge"]);
  });
});

describe("the numbers", () => {
  /** The lines of a scrape that match; a whole scrape is too long to be shown when something is missing. */
  const scrape = async () => {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    return (pattern: RegExp) => text.split("\n").filter((one) => pattern.test(one));
  };

  it("tell each procedure's traffic, errors and times, sockets, streams, and names that there are not as one", async () => {
    await fetch(`${app.url}/trpc/not.a.procedure,nor.this?batch=1`, { headers: headersOf(owner) });
    await fetch(`${app.url}/nowhere/${crypto.randomUUID()}`);
    const ended = new AbortController();
    const { conversation } = await owner.client.api.conversations.start.mutate({ agentId, text: returns.question });
    const followed = owner.client.follow.conversation({ conversationId: conversation.id, lastEventId: conversation.lastEventId }, ended);
    await followed.next();
    const numbers = await scrape();
    ended.abort();
    expect(numbers(/axon_procedure_calls_total\{procedure="conversations\.start",kind="mutation"\} [1-9]/)).not.toEqual([]);
    expect(numbers(/axon_procedure_errors_total\{procedure="agents\.get",code="NOT_FOUND",reason="not_found"\} [1-9]/)).not.toEqual([]);
    expect(
      numbers(/axon_procedure_errors_total\{procedure="conversations\.send",code="INTERNAL_SERVER_ERROR",reason="internal"\} 1/),
    ).not.toEqual([]);
    expect(numbers(/axon_procedure_duration_seconds_bucket\{le="\+Inf",procedure="conversations\.start"\} [1-9]/)).not.toEqual([]);
    expect(numbers(/axon_procedure_calls_total\{procedure="unknown",kind="unknown"\} [1-9]/)).not.toEqual([]);
    expect(numbers(/axon_procedures_in_flight\{kind="subscription"\} 1/)).not.toEqual([]);
    expect(numbers(/axon_http_requests_total\{method="GET",route="none",status="404"\} [1-9]/)).not.toEqual([]);
    expect(numbers(/axon_live_sockets [1-9]/)).not.toEqual([]);
    expect(numbers(/axon_live_streams [1-9]/)).not.toEqual([]);
    expect(numbers(/not\.a\.procedure|nowhere/)).toEqual([]);
  });

  it("tell how full the queues are, how long the next job has been due, and what has been committed but not carried", async () => {
    await sleep(1_100); // A reading is kept for a second.
    const numbers = await scrape();
    for (const queue of Object.keys(queues)) {
      expect(numbers(new RegExp(`axon_queue_jobs\\{queue="${queue}",state="waiting"\\} \\d`))).not.toEqual([]);
      expect(numbers(new RegExp(`axon_queue_oldest_waiting_seconds\\{queue="${queue}"\\} \\d`))).not.toEqual([]);
    }
    expect(numbers(/axon_queue_jobs\{queue="system",state="failed"\}/)).toEqual(['axon_queue_jobs{queue="system",state="failed"} 1']);
    expect(numbers(/axon_outbox_jobs \d/)).not.toEqual([]);
    expect(numbers(/axon_outbox_oldest_seconds \d/)).not.toEqual([]);
  });
});

describe("readiness", () => {
  const ready = async () => {
    const response = await fetch(`${app.url}/readyz`);
    return { status: response.status, body: await response.json() };
  };

  it("is there when all answer, and lost while the database lacks a migration; being alive is another thing", async () => {
    const checks = { database: "ok", migrations: "ok", redis: expect.stringMatching(/^(ok|not_used)$/) };
    expect(await ready()).toEqual({ status: 200, body: { status: "ready", checks } });
    const [last] = await table`delete from drizzle.__drizzle_migrations
      where created_at = (select max(created_at) from drizzle.__drizzle_migrations) returning hash, created_at`;
    try {
      expect(await ready()).toEqual({ status: 503, body: { status: "not_ready", checks: { ...checks, migrations: "pending" } } });
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    } finally {
      await table`insert into drizzle.__drizzle_migrations ${table({ hash: last?.["hash"], created_at: last?.["created_at"] })}`;
    }
    expect((await ready()).status).toBe(200);
  });
});
