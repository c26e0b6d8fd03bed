import { describe, expect, it } from "vitest";
import { type CreateLoggerOptions, createLogger } from "./logger.ts";
import { redactLine } from "./redact.ts";

function logged(write: (logger: ReturnType<typeof createLogger>) => void, options: Partial<CreateLoggerOptions> = {}): string {
  let text = "";
  const destination = {
    write: (line: string) => {
      text += line;
    },
  };
  write(createLogger({ level: "info", name: "server", destination, ...options }));
  return text;
}

describe("a log line", () => {
  it("is one JSON object with time, level, name and message", () => {
    const line: unknown = JSON.parse(logged((logger) => logger.info({ requestId: "r1" }, "listening")));
    expect(line).toMatchObject({
      level: "info",
      name: "server",
      msg: "listening",
      requestId: "r1",
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it("below the level is not written", () => {
    expect(logged((logger) => logger.debug("quiet"))).toBe("");
  });

  it("never holds a secret, however deep it lies", () => {
    const secret = "hunter2-value";
    const fields = [
      "authorization",
      "Cookie",
      "set-cookie",
      "password",
      "token",
      "accessToken",
      "refresh_token",
      "apiKey",
      "api_key",
      "x-api-key",
      "clientSecret",
      "JWT_SECRET",
      "email",
      "phoneNumber",
    ];
    for (const field of fields) {
      for (const value of [
        { [field]: secret },
        { a: { b: { c: { d: { [field]: secret } } } } },
        { list: [{ [field]: [secret, secret] }] },
      ]) {
        const line = logged((logger) => logger.info(value, "x"));
        expect(line, field).not.toContain(secret);
        expect(() => JSON.parse(line), field).not.toThrow();
      }
    }
  });

  it("never holds a secret that an error carries, in its fields or its text", () => {
    const error = Object.assign(new Error('POST failed: {"password":"hunter2-value","ok":true} Bearer hunter2-value'), {
      config: { headers: { Authorization: "Bearer hunter2-value" } },
    });
    const line = logged((logger) => logger.error({ err: error }, "failed"));
    expect(line).not.toContain("hunter2-value");
    expect(JSON.parse(line)).toMatchObject({ err: { message: expect.stringContaining("POST failed") } });
  });

  it("never holds what a child logger was bound to, if it is secret", () => {
    const line = logged((logger) => logger.child({ token: "hunter2-value", workspaceId: "w1" }).info("x"));
    expect(line).not.toContain("hunter2-value");
    expect(line).toContain("w1");
  });

  it("never holds passwords in URLs, signed links, model keys or e-mail addresses in running text", () => {
    const text =
      "connect postgres://axon:hunter2-value@db:5432/axon and https://files/x?expires=1&signature=hunter2-value with sk-hunter2-valuehunter2-value for jane.doe+x@shop.example.com";
    const line = logged((logger) => logger.warn(text));
    expect(line).not.toContain("hunter2-value");
    expect(line).not.toContain("jane.doe");
    expect(line).toContain("@db:5432/axon");
    expect(line).toContain("expires=1");
  });

  it("never holds a token, key, code or phone number of ours, in running text, in links or by name", () => {
    const random = "Zk3-hunter2_Zk3hunter2Zk3hunter2";
    const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.${random}`;
    const text = `keys axk_${random} axr_${random} axi_${random}; ${jwt}; https://app/reset#token=${random} https://app/x?token=${jwt}&a=1 otpauth://totp/Axon?secret=${random}&issuer=Axon; call +49 151 2345 6789 or +14155550123`;
    const line = logged((logger) => logger.warn({ totpCode: "123456", recoveryCodes: [random, random], totpSecret: random }, text));
    for (const planted of ["hunter2", "eyJ", "2345", "4155550123", "123456"]) expect(line).not.toContain(planted);
    expect(line).toContain("a=1");
    expect(line).toContain("issuer=Axon");
  });

  it("keeps what only looks like a secret: token counts, versions, plain words", () => {
    const line = logged((logger) =>
      logger.info({ promptTokens: 12, tokens: { prompt: 3 }, secretary: "Ann" }, "pino@10.4.0/node_modules said: no token left"),
    );
    expect(line).toContain('"promptTokens":12');
    expect(line).toContain('"prompt":3');
    expect(line).toContain("pino@10.4.0/node_modules said: no token left");
  });

  it("keeps escaped quotes in a redacted value from breaking the line", () => {
    const line = logged((logger) => logger.info({ password: 'a"b\\', after: "kept" }));
    expect(JSON.parse(line)).toMatchObject({ password: "[redacted]", after: "kept" });
  });

  it("costs time in proportion to its length, whatever is in it", () => {
    const startedAt = performance.now();
    redactLine(`{"msg":"${"a.b-c".repeat(200_000)}"}`);
    redactLine(`{"password":"${'\\"'.repeat(200_000)}`);
    for (const piece of ["eyJ-", "eyJaaaaaaaaa.", "axk_", "+1 ", "+49(", "?token"]) redactLine(piece.repeat(50_000));
    expect(performance.now() - startedAt).toBeLessThan(20_000); // Minutes, were it the square.
  });
});

describe("a line for a terminal", () => {
  it("reads as a sentence and shows the stack of an error below", () => {
    const text = logged((logger) => logger.error({ err: new Error("no room"), port: 3001, password: "hunter2-value" }, "cannot listen"), {
      pretty: true,
    });
    expect(text).toMatch(/^\d\d:\d\d:\d\d error server cannot listen port=3001 password=\[redacted\]\n {2}Error: no room\n/);
  });
});
