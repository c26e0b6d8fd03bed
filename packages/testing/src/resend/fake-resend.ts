/**
 * A stand-in for Resend that speaks its protocol over a loopback port, so that tests drive the real SDK.
 *
 * `POST /emails` with its checks and its idempotency keys; scripted per request; everything it took is kept. It knows
 * nothing of our letters.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

const bodyBytesMax = 4 * 1024 * 1024;

export interface TakenEmail {
  id: string;
  from: string;
  to: string[];
  subject: string;
  html: string | null;
  text: string | null;
  idempotencyKey: string | null;
}

/** What the next request meets: an answer, a wait before the usual one, or a connection that breaks before or after the work. */
export type ResendBehaviour =
  | { do: "fail"; status: number; name: string; message: string }
  | { do: "rateLimit" }
  | { do: "wait"; ms: number }
  | { do: "cut"; after: "nothing" | "taking" };

export interface FakeResend {
  /** For the SDK's `baseUrl`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Every request, also those that were refused. */
  readonly requests: readonly { path: string; idempotencyKey: string | null; status: number }[];
  /** Everything that was taken to be delivered, once each. */
  readonly emails: readonly TakenEmail[];
  script(behaviours: readonly ResendBehaviour[]): void;
  close(): Promise<void>;
}

interface Reply {
  status: number;
  /** JSON, or plain text as the edge in front of Resend answers. */
  body: unknown;
}

const apiKey = "re_fake_key_for_tests";

export async function createFakeResend(): Promise<FakeResend> {
  const requests: { path: string; idempotencyKey: string | null; status: number }[] = [];
  const emails: TakenEmail[] = [];
  const scripted: ResendBehaviour[] = [];
  const known = new Map<string, { body: string; reply: Reply }>();
  const underWay = new Set<string>();

  const take = (body: string, idempotencyKey: string | null): Reply => {
    const earlier = idempotencyKey === null ? undefined : known.get(idempotencyKey);
    if (earlier) {
      if (earlier.body === body) return earlier.reply;
      return refusal(409, "invalid_idempotent_request", "This idempotency key was used with a different request body.");
    }
    const email = readEmail(body);
    if (typeof email === "string") return refusal(422, "missing_required_field", `Missing \`${email}\` field.`);
    if (email === null) return refusal(422, "validation_error", "Invalid `to` field. The email address needs to follow the format.");
    const taken = { ...email, id: randomUUID(), idempotencyKey };
    emails.push(taken);
    const reply = { status: 200, body: { id: taken.id } };
    if (idempotencyKey !== null) known.set(idempotencyKey, { body, reply });
    return reply;
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const header = incoming.headers["idempotency-key"];
    const idempotencyKey = typeof header === "string" ? header : null;
    const path = `${incoming.method} ${incoming.url}`;
    const record = { path, idempotencyKey, status: 0 };
    requests.push(record);
    const body = await readBody(incoming);
    const behaviour = scripted.shift();
    if (behaviour?.do === "cut") {
      if (behaviour.after === "taking") take(body, idempotencyKey);
      return void response.destroy();
    }
    const reply = await plan(body, path, incoming, behaviour, idempotencyKey);
    record.status = reply.status;
    response.writeHead(reply.status, { "content-type": typeof reply.body === "string" ? "text/plain" : "application/json" });
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  };

  const plan = async (
    body: string,
    path: string,
    { headers }: IncomingMessage,
    behaviour: ResendBehaviour | undefined,
    idempotencyKey: string | null,
  ): Promise<Reply> => {
    if (behaviour?.do === "rateLimit") return { status: 429, body: "local_rate_limited" };
    if (behaviour?.do === "fail") return refusal(behaviour.status, behaviour.name, behaviour.message);
    if (headers.authorization !== `Bearer ${apiKey}`) return refusal(401, "invalid_api_key", "API key is invalid");
    if (path !== "POST /emails") return refusal(404, "not_found", "The requested endpoint does not exist");
    if (idempotencyKey !== null && underWay.has(idempotencyKey))
      return refusal(409, "concurrent_idempotent_requests", "Another request with this idempotency key is under way.");
    if (behaviour?.do !== "wait") return take(body, idempotencyKey);
    if (idempotencyKey !== null) underWay.add(idempotencyKey);
    await setTimeout(behaviour.ms);
    if (idempotencyKey !== null) underWay.delete(idempotencyKey);
    return take(body, idempotencyKey);
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // safe: a TCP server that listens has an address with a port
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey,
    requests,
    emails,
    script: (behaviours) => void scripted.push(...behaviours),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusal(statusCode: number, name: string, message: string): Reply {
  return { status: statusCode, body: { statusCode, name, message } };
}

/** The name of the first field that is missing, or null when an address is none. */
function readEmail(body: string): Omit<TakenEmail, "id" | "idempotencyKey"> | string | null {
  const given: Record<string, unknown> = JSON.parse(body);
  const { from, to, subject, html, text } = given;
  if (typeof from !== "string") return "from";
  if (typeof to !== "string" && !Array.isArray(to)) return "to";
  if (typeof subject !== "string") return "subject";
  if (typeof html !== "string" && typeof text !== "string") return "html";
  const addresses = [to].flat().map(String);
  if (!addresses.every((address) => /^\S+@\S+\.\S+$/.test(address.replace(/^.*<(.*)>$/, "$1")))) return null;
  return { from, to: addresses, subject, html: typeof html === "string" ? html : null, text: typeof text === "string" ? text : null };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // safe: no encoding is set on the request, so its chunks are buffers
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`request body over ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
