/** Letters on their way through a mail service that has a bad day. */

import { newId } from "@axon/db/ids";
import { createResendMail } from "@axon/integrations/mail/resend";
import { createFakeResend, type FakeResend } from "@axon/testing/resend/fake-resend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, openApp } from "./app.fixture.ts";
import { until } from "./processes.fixture.ts";

const password = "correct horse battery";
let app: App;
let resend: FakeResend;

beforeAll(async () => {
  resend = await createFakeResend();
  const sendMail = createResendMail({ apiKey: resend.apiKey, from: "Axon <axon@example.com>", baseUrl: resend.baseUrl });
  app = await openApp({ workers: 2, sendMail });
}, 180_000);
afterAll(async () => {
  await app.close();
  await resend.close();
});

const lettersTo = (email: string) => resend.emails.filter(({ to }) => to.includes(email));
const signUp = (email: string) => app.stranger().api.auth.signUp.mutate({ email, password, name: "Ada" });

describe("a letter", () => {
  it("arrives once, though the service says too many, breaks off, and loses an answer", async () => {
    const email = `ada-${newId()}@example.com`;
    resend.script([{ do: "rateLimit" }, { do: "cut", after: "nothing" }, { do: "cut", after: "taking" }]);
    await signUp(email);
    await until(() => resend.requests.filter(({ status }) => status === 200).length > 0, "a letter to be taken");
    expect(resend.requests).toHaveLength(4);
    expect(new Set(resend.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(lettersTo(email)).toEqual([
      expect.objectContaining({ subject: "Confirm your e-mail address", from: "Axon <axon@example.com>" }),
    ]);
    const token = /token=([\w-]+)/.exec(lettersTo(email)[0]?.text ?? "")?.[1] ?? "";
    await app.stranger().api.auth.verifyEmail.mutate({ token });
  });

  it("that the service will never take is given up, and holds up no other", async () => {
    const [refused, next] = [`refused-${newId()}@example.com`, `next-${newId()}@example.com`];
    const before = resend.requests.length;
    resend.script([{ do: "fail", status: 422, name: "validation_error", message: `Invalid \`to\` field: ${refused}` }]);
    await signUp(refused);
    await until(() => resend.requests.length > before, "the letter to be refused");
    await signUp(next);
    await until(() => lettersTo(next).length > 0, "the next letter");
    expect(lettersTo(refused)).toEqual([]);
    expect(resend.requests.length - before).toBe(2);
  });
});
