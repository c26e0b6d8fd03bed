import { describe, expect, it } from "vitest";
import { describeError } from "./log-error.ts";

const said = "my order 4711 never came";

/** All that a log would have of it. */
const loggedOf = (error: unknown) => JSON.stringify(describeError(error));

describe("an error in the log", () => {
  it("says what failed, with its code and its causes, down to the frame", () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", port: 5432 });
    const described = describeError(new Error("no database", { cause }));
    expect(described).toMatchObject({
      type: "Error",
      message: "no database",
      stack: expect.stringMatching(/^Error: no database\n\s+at /),
      cause: { message: "connect ECONNREFUSED", code: "ECONNREFUSED", port: 5432 },
    });
  });

  it("keeps a failed query's text and the constraint, and drops its parameters and the row", () => {
    const postgres = Object.assign(new Error('duplicate key value violates unique constraint "message_key"'), {
      severity: "ERROR",
      code: "23505",
      detail: `Key (text)=(${said}) already exists.`,
      constraint: "message_key",
      parameters: [said],
    });
    const failed = Object.assign(new Error(`Failed query: insert into "message" values ($1)\nparams: ${said}`, { cause: postgres }), {
      query: 'insert into "message" values ($1)',
      params: [said],
    });
    expect(loggedOf(failed)).not.toContain(said);
    expect(describeError(failed)).toMatchObject({
      message: 'Failed query: insert into "message" values ($1)',
      cause: { code: "23505", constraint: "message_key", message: expect.stringContaining("message_key") },
    });
  });

  it("drops the value that PostgreSQL could not read", () => {
    const error = Object.assign(new Error(`invalid input syntax for type uuid: "${said}"`), { severity: "ERROR", code: "22P02" });
    expect(loggedOf(error)).not.toContain(said);
    expect(describeError(error).message).toContain("invalid input syntax for type uuid");
  });

  it("drops what a model's vendor echoes, and keeps the status and the vendor's request id", () => {
    const vendor = Object.assign(new Error(`400 bad prompt: ${said}`), {
      status: 400,
      headers: { authorization: "x" },
      error: { message: said },
      requestID: "req_1",
    });
    const ours = Object.assign(new Error(`400 bad prompt: ${said}`, { cause: vendor }), { name: "AiError", code: "bad_request" });
    expect(loggedOf(ours)).not.toContain(said);
    expect(describeError(ours)).toMatchObject({ code: "bad_request", cause: { status: 400, requestID: "req_1" } });
  });

  it("drops the text that was no JSON", () => {
    const parse = () => JSON.parse(said);
    let thrown: unknown;
    try {
      parse();
    } catch (error) {
      thrown = error;
    }
    expect(loggedOf(thrown)).not.toContain("order 4711");
    expect(describeError(thrown).type).toBe("SyntaxError");
  });

  it("ends, whatever is thrown: a ring of causes, no error at all, a message without end", () => {
    const ring = new Error("a");
    ring.cause = new Error("b", { cause: ring });
    expect(loggedOf(ring).length).toBeLessThan(50_000);
    expect(describeError({ secret: said })).toEqual({ type: "object", message: "", stack: "" });
    expect(describeError(new Error("x".repeat(1_000_000))).message.length).toBeLessThan(3_000);
  });
});
