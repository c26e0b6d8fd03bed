/**
 * A gate before the S3 server of the tests, which does not check the signatures of links: it does, by the published rules
 * of AWS Signature Version 4, and passes on what is in order. So a test can show what a real store would refuse.
 *
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** Listens on a loopback port; links must be signed with `secretKey`. */
export async function openSignatureGate(targetPort: number, secretKey: string): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (!isInOrder(request, secretKey)) {
      request.resume();
      response.writeHead(403, { connection: "close" }).end("SignatureDoesNotMatch");
      return;
    }
    const { method, url, headers } = request;
    const passed = send({ host: "127.0.0.1", port: targetPort, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  return {
    port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** True for a link whose signature fits this very request, and for a request that is no link: the SDK signs those otherwise. */
function isInOrder(request: IncomingMessage, secretKey: string): boolean {
  const url = new URL(request.url ?? "/", "http://gate");
  const given = url.searchParams.get("X-Amz-Signature");
  if (given === null) return true;
  url.searchParams.delete("X-Amz-Signature");
  const read = (name: string) => url.searchParams.get(`X-Amz-${name}`) ?? "";
  const signed = read("SignedHeaders").split(";");
  const query = [...url.searchParams].map(([name, value]) => `${escaped(name)}=${escaped(value)}`).sort();
  const canonical = [
    request.method,
    url.pathname,
    query.join("&"),
    ...signed.map((name) => `${name}:${request.headers[name] ?? ""}`),
    "",
    signed.join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const [, ...scope] = read("Credential").split("/");
  const text = ["AWS4-HMAC-SHA256", read("Date"), scope.join("/"), createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = scope.reduce<string | Buffer>((secret, part) => createHmac("sha256", secret).update(part).digest(), `AWS4${secretKey}`);
  return createHmac("sha256", key).update(text).digest("hex") === given;
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
