import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BadEnvironment, parseEnv } from "./env.ts";
import { withEnvFile } from "./env-file.ts";

const secretA = "a".repeat(64);
const secretB = "b".repeat(64);
const production = {
  DATABASE_URL: "postgres://axon@db.internal:5432/axon",
  REDIS_URL: "redis://cache.internal:6379",
  JWT_SECRET: secretA,
  JWT_REFRESH_SECRET: secretB,
  UPLOAD_SECRET: "c".repeat(64),
};

let home: string;
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), "axon-env-")), "home");
});
afterEach(() => rmSync(join(home, ".."), { recursive: true, force: true }));

function problemsOf(source: Record<string, string | undefined>, mode: "standalone" | "production"): string[] {
  try {
    parseEnv({ AXON_HOME: home, ...source }, mode);
  } catch (error) {
    if (error instanceof BadEnvironment) return error.problems.map(({ name }) => name);
    throw error;
  }
  return [];
}

describe("the environment in standalone mode", () => {
  it("needs nothing to be set at all, and listens on loopback only", () => {
    const env = parseEnv({ AXON_HOME: home }, "standalone");
    expect(env).toMatchObject({
      mode: "standalone",
      home,
      http: { host: "127.0.0.1", port: 3001, baseUrl: "http://127.0.0.1:3001", allowedOrigins: ["http://localhost:3000"] },
      auth: { accessTtlSeconds: 900, refreshTtlSeconds: 2_592_000, bcryptRounds: 12 },
      openai: null,
      storage: { kind: "folder", path: join(home, "files") },
      workerHealthPort: null,
    });
  });

  it("makes secrets once and gives the same ones after a restart", () => {
    const first = parseEnv({ AXON_HOME: home }, "standalone");
    const second = parseEnv({ AXON_HOME: home }, "standalone");
    expect(second).toEqual(first);
    expect(first.auth.accessSecrets[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(first.auth.accessSecrets[0]).not.toBe(first.auth.refreshSecrets[0]);
  });

  it("prefers a secret that is set over a made one", () => {
    expect(parseEnv({ AXON_HOME: home, JWT_SECRET: secretA }, "standalone").auth.accessSecrets[0]).toBe(secretA);
  });

  it("carries no database or queue address even when one is set, so it cannot be used by mistake", () => {
    const env = parseEnv({ ...production, AXON_HOME: home }, "standalone");
    expect(JSON.stringify(env)).not.toContain("internal");
  });

  it("reads the crawler's private hosts only as they stand in an address, and has none by itself", () => {
    const read = (list: string) => parseEnv({ AXON_HOME: home, CRAWLER_ALLOW_PRIVATE_HOSTS: list }, "standalone").crawler.allowPrivateHosts;
    expect(read("")).toEqual([]);
    expect(read("wiki.lan:8080, 10.0.0.5:80,[fd00::1]:443")).toEqual(["wiki.lan:8080", "10.0.0.5:80", "[fd00::1]:443"]);
    for (const wrong of ["wiki.lan", "http://wiki.lan:80", "*:80", "10.0.0.0/8", "Wiki.lan:80"]) {
      expect(problemsOf({ CRAWLER_ALLOW_PRIVATE_HOSTS: wrong }, "standalone"), wrong).toEqual(["CRAWLER_ALLOW_PRIVATE_HOSTS"]);
    }
  });

  it("writes nothing when something is wrong", () => {
    expect(problemsOf({ PORT: "many" }, "standalone")).toEqual(["PORT"]);
    expect(existsSync(home)).toBe(false);
  });

  it("treats an empty value as not set", () => {
    const env = parseEnv({ AXON_HOME: home, PORT: "", OPENAI_API_KEY: " ", JWT_SECRET: "" }, "standalone");
    expect([env.http.port, env.openai]).toEqual([3001, null]);
  });
});

describe("the environment in production", () => {
  it("refuses to start without its addresses and secrets, naming each one", () => {
    expect(problemsOf({}, "production")).toEqual(["DATABASE_URL", "JWT_REFRESH_SECRET", "JWT_SECRET", "REDIS_URL", "UPLOAD_SECRET"]);
    expect(existsSync(home)).toBe(false);
  });

  it("refuses secrets that are too short or used twice", () => {
    expect(problemsOf({ ...production, JWT_SECRET: "short", UPLOAD_SECRET: "short" }, "production")).toEqual([
      "JWT_SECRET",
      "UPLOAD_SECRET",
    ]);
    expect(problemsOf({ ...production, JWT_REFRESH_SECRET: secretA }, "production")).toEqual(["JWT_REFRESH_SECRET"]);
  });

  it("refuses cheap password hashing, which only tests on one machine may use", () => {
    expect(problemsOf({ ...production, BCRYPT_ROUNDS: "4" }, "production")).toEqual(["BCRYPT_ROUNDS"]);
    expect(problemsOf({ BCRYPT_ROUNDS: "4" }, "standalone")).toEqual([]);
  });

  it("listens on every address, lets no browser in unless told, and migrates as the serving role by default", () => {
    const env = parseEnv(production, "production");
    expect(env.http).toEqual({
      host: "0.0.0.0",
      port: 3001,
      baseUrl: "http://localhost:3001",
      allowedOrigins: [],
      trustProxy: { hops: 0, networks: [] },
    });
    expect(env.database).toEqual({ url: production.DATABASE_URL, migrationUrl: production.DATABASE_URL, poolMax: 10 });
    expect(env.redis.url).toBe(production.REDIS_URL);
  });

  it("asks for no upload secret when files go to S3", () => {
    const { UPLOAD_SECRET: _, ...rest } = production;
    expect(problemsOf({ ...rest, STORAGE_BUCKET: "axon" }, "production")).toEqual([]);
  });
});

describe("any environment", () => {
  it("tells every bad name at once and never a value", () => {
    const bad = {
      PORT: "hunter2-port",
      LOG_LEVEL: "hunter2-level",
      FRONTEND_URL: "hunter2-origin",
      DATABASE_URL: "mysql://hunter2",
      JWT_SECRET: "hunter2",
      OPENAI_TEMPERATURE: "hunter2",
      OPENAI_PRICES: "hunter2=1",
      STORAGE_PATH_STYLE: "hunter2",
      NODE_ENV: "hunter2",
      BCRYPT_ROUNDS: "99",
      OPENAI_BASE_URL: "hunter2",
    };
    let message = "";
    try {
      parseEnv({ ...bad, AXON_HOME: home }, "production");
    } catch (error) {
      message = String(error);
    }
    for (const name of [...Object.keys(bad), "REDIS_URL", "JWT_REFRESH_SECRET", "OPENAI_API_KEY"]) expect(message).toContain(name);
    expect(message).not.toContain("hunter2");
    expect(message).not.toContain("99");
  });

  it("tells each request at info where many are served, and only trouble at somebody's terminal, unless told otherwise", () => {
    expect(parseEnv({ AXON_HOME: home }, "standalone").logLevel).toBe("warn");
    expect(parseEnv({ AXON_HOME: home, LOG_LEVEL: "info" }, "standalone").logLevel).toBe("info");
  });

  it("takes no address for reports that none could go to", () => {
    for (const address of ["https://sentry.example.com/1", "https://key@sentry.example.com", "key@host/1"])
      expect(problemsOf({ SENTRY_DSN: address }, "standalone")).toEqual(["SENTRY_DSN"]);
    expect(parseEnv({ AXON_HOME: home, SENTRY_DSN: "https://key@sentry.example.com/7" }, "standalone").sentryDsn).toContain("/7");
  });

  it("names what is missing from a half-filled group", () => {
    expect(problemsOf({ STORAGE_ACCESS_KEY: "k" }, "standalone")).toEqual(["STORAGE_BUCKET", "STORAGE_SECRET_KEY"]);
    expect(problemsOf({ TWILIO_ACCOUNT_SID: "AC1" }, "standalone")).toEqual(["TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER"]);
    expect(problemsOf({ OPENAI_BASE_URL: "http://localhost:11434/v1" }, "standalone")).toEqual(["OPENAI_API_KEY"]);
  });

  it("takes several browser origins with commas between them and strips paths", () => {
    const env = parseEnv(
      { AXON_HOME: home, FRONTEND_URL: "https://a.example/app, http://localhost:3000 ,https://a.example" },
      "standalone",
    );
    expect(env.http.allowedOrigins).toEqual(["https://a.example", "http://localhost:3000"]);
  });

  it("has links in letters begin with the app's address, or else with the first browser origin", () => {
    const read = (given: Record<string, string>) => parseEnv({ AXON_HOME: home, ...given }, "standalone").appUrl;
    expect(read({ APP_URL: "https://app.example/desk/", FRONTEND_URL: "https://other.example" })).toBe("https://app.example/desk");
    expect(read({ FRONTEND_URL: "https://a.example,https://b.example" })).toBe("https://a.example");
    expect(read({})).toBe("http://localhost:3000");
    expect(() => read({ APP_URL: "javascript:alert(1)" })).toThrow(/APP_URL/);
  });

  it("takes proxies as a number or as networks, and believes nobody when none are named", () => {
    const read = (value: string) => parseEnv({ AXON_HOME: home, TRUST_PROXY: value }, "standalone").http.trustProxy;
    expect(read("")).toEqual({ hops: 0, networks: [] });
    expect(read("2")).toEqual({ hops: 2, networks: [] });
    expect(read("10.0.0.0/8, 2001:db8::/32,127.0.0.1")).toEqual({ hops: 0, networks: ["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"] });
    for (const wrong of ["all", "true", "10.0.0.0/33", "10.0.0.0/8/8", "-1"]) expect(() => read(wrong), wrong).toThrow(/TRUST_PROXY/);
  });

  it("reads limits with their defaults, and refuses to take nothing for one", () => {
    expect(parseEnv({ AXON_HOME: home, WORKSPACE_CONCURRENT_CALLS: "7" }, "standalone").limits.workspace).toEqual({
      callsPerMinute: 30_000,
      concurrentCalls: 7,
      concurrentModelCalls: 50,
      streams: 1_000,
    });
    expect(() => parseEnv({ AXON_HOME: home, WORKSPACE_CONCURRENT_CALLS: "0" }, "standalone")).toThrow(/WORKSPACE_CONCURRENT_CALLS/);
  });

  it("reads S3 settings and takes path-style addresses for any store that is not Amazon's", () => {
    const s3 = { STORAGE_BUCKET: "axon", STORAGE_ACCESS_KEY: "id", STORAGE_SECRET_KEY: "key" };
    expect(parseEnv({ AXON_HOME: home, ...s3, STORAGE_ENDPOINT: "http://127.0.0.1:9000/" }, "standalone").storage).toEqual({
      kind: "s3",
      bucket: "axon",
      region: "us-east-1",
      endpoint: "http://127.0.0.1:9000",
      credentials: { accessKeyId: "id", secretAccessKey: "key" },
      pathStyle: true,
    });
    expect(parseEnv({ AXON_HOME: home, STORAGE_BUCKET: "axon" }, "standalone").storage).toMatchObject({
      credentials: null,
      endpoint: null,
      pathStyle: false,
    });
  });

  it("reads OpenAI settings with their defaults", () => {
    expect(parseEnv({ AXON_HOME: home, OPENAI_API_KEY: "sk-1", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }, "standalone").openai).toEqual({
      apiKey: "sk-1",
      baseUrl: "http://127.0.0.1:1/v1",
      model: "gpt-4o",
      embeddingModel: "text-embedding-3-small",
      embeddingDimensions: null,
      fallback: null,
      timeoutMs: 60_000,
      firstByteMs: 20_000,
      maxTokens: 1024,
      temperature: 0.3,
      prices: {},
    });
  });

  it("takes a fallback model at the same server or at another, which never gets the first one's key", () => {
    const first = { AXON_HOME: home, OPENAI_API_KEY: "sk-1", OPENAI_BASE_URL: "http://127.0.0.1:1/v1", OPENAI_FALLBACK_MODEL: "small" };
    expect(parseEnv(first, "standalone").openai?.fallback).toEqual({ apiKey: "sk-1", baseUrl: "http://127.0.0.1:1/v1", model: "small" });
    const other = { ...first, OPENAI_FALLBACK_BASE_URL: "http://127.0.0.1:2/v1" };
    expect(problemsOf(other, "standalone")).toEqual(["OPENAI_FALLBACK_API_KEY"]);
    expect(parseEnv({ ...other, OPENAI_FALLBACK_API_KEY: "sk-2" }, "standalone").openai?.fallback).toEqual({
      apiKey: "sk-2",
      baseUrl: "http://127.0.0.1:2/v1",
      model: "small",
    });
    expect(problemsOf({ OPENAI_FALLBACK_API_KEY: "sk-2", OPENAI_EMBEDDING_DIMENSIONS: "3072" }, "standalone")).toEqual([
      "OPENAI_EMBEDDING_DIMENSIONS",
      "OPENAI_FALLBACK_MODEL",
    ]);
  });

  it("is not read behind the caller's back", () => {
    process.env.OPENAI_API_KEY = "sk-from-the-process";
    try {
      expect(parseEnv({ AXON_HOME: home }, "standalone").openai).toBeNull();
    } finally {
      delete process.env.OPENAI_API_KEY;
    }
  });
});

describe("a .env file", () => {
  it("fills in what is not set and never overrides what is", () => {
    const path = join(home, "..", ".env");
    writeFileSync(path, 'PORT=4000 # a comment\nLOG_LEVEL="debug"\nHOST=\n');
    expect(withEnvFile({ PORT: "5000", LOG_LEVEL: "", HOST: undefined }, path)).toMatchObject({
      PORT: "5000",
      LOG_LEVEL: "debug",
      HOST: "",
    });
  });

  it("need not be there", () => {
    expect(withEnvFile({ PORT: "1" }, join(home, "nowhere"))).toEqual({ PORT: "1" });
  });
});
