import { createFakeResend, type FakeResend } from "@axon/testing/resend/fake-resend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createResendMail } from "./resend.ts";

let fake: FakeResend;
const signal = new AbortController().signal;
const letter = (id: string) => ({ id, to: "ada@example.com", subject: "Hello", text: "Hello Ada", html: "<p>Hello Ada</p>" });
const open = () => createResendMail({ apiKey: fake.apiKey, from: "Axon <axon@example.com>", baseUrl: fake.baseUrl });
const emailsUnder = (id: string) => fake.emails.filter(({ idempotencyKey }) => idempotencyKey === id);

beforeAll(async () => {
  fake = await createFakeResend();
});
afterAll(() => fake.close());

describe("letters through Resend", () => {
  it("arrive whole, under the letter's id", async () => {
    expect(await open()(letter("whole"), signal)).toEqual({ outcome: "sent" });
    expect(emailsUnder("whole")).toEqual([
      expect.objectContaining({
        from: "Axon <axon@example.com>",
        to: ["ada@example.com"],
        subject: "Hello",
        text: "Hello Ada",
        html: "<p>Hello Ada</p>",
      }),
    ]);
  });

  it("are delivered once when they are handed over again, also with other words", async () => {
    const send = open();
    await send(letter("twice"), signal);
    expect(await send(letter("twice"), signal)).toEqual({ outcome: "sent" });
    expect(await send({ ...letter("twice"), text: "Hello again" }, signal)).toEqual({ outcome: "sent" });
    expect(emailsUnder("twice")).toHaveLength(1);
  });

  it("are delivered once when the answer was lost on its way", async () => {
    const send = open();
    fake.script([{ do: "cut", after: "taking" }]);
    await expect(send(letter("lost-answer"), signal)).rejects.toMatchObject({ name: "MailFailed" });
    expect(await send(letter("lost-answer"), signal)).toEqual({ outcome: "sent" });
    expect(emailsUnder("lost-answer")).toHaveLength(1);
  });

  it.each([
    ["the service says too many, in plain text", { do: "rateLimit" }],
    ["it is out of order", { do: "fail", status: 500, name: "internal_server_error", message: "ada@example.com failed" }],
    ["the connection breaks", { do: "cut", after: "nothing" }],
    ["the key has yet to be set right", { do: "fail", status: 401, name: "invalid_api_key", message: "API key is invalid" }],
    ["another try is under way", { do: "fail", status: 409, name: "concurrent_idempotent_requests", message: "wait" }],
  ] as const)("may be tried again when %s", async (what, behaviour) => {
    fake.script([behaviour]);
    const error: unknown = await open()(letter(what.replaceAll(/\W/g, "-")), signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "MailFailed" });
    expect(String(error)).not.toContain("ada@example.com");
  });

  it("are refused for good when the service will never take them, without naming the address", async () => {
    const told = await open()({ ...letter("bad-address"), to: "nowhere" }, signal);
    expect(told).toEqual({ outcome: "refused", reason: "validation_error (422)" });
    expect(emailsUnder("bad-address")).toHaveLength(0);
  });

  it("stop when the one who sends is told to stop", async () => {
    const stop = new AbortController();
    fake.script([{ do: "wait", ms: 30_000 }]);
    const sending = open()(letter("stopped"), stop.signal);
    stop.abort();
    await expect(sending).rejects.toMatchObject({ name: "MailFailed" });
  });
});
