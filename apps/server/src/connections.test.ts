import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createTrustProxy } from "./client-address.ts";
import { type ConnectionLimits, limitConnections } from "./connections.ts";

let server: Server;
const held: Socket[] = [];
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function listen(limits: Partial<ConnectionLimits>): Promise<number> {
  server = createServer((_request, response) => response.end("in"));
  limitConnections(server, { perAddress: 1_000, total: 1_000, trust: createTrustProxy({ hops: 0, networks: [] }), ...limits });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port; // safe: a TCP server that listens
}

/** Opens a connection, asks, and gives what is said. */
function knock(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    held.push(socket);
    let said = "";
    socket.on("data", (data) => {
      said += String(data);
      if (said.includes("\r\n\r\n")) resolve(said);
    });
    socket.on("error", () => resolve("hung up"));
  });
}
const times = (count: number, port: number) => Promise.all(Array.from({ length: count }, () => knock(port)));
const inside = (answers: string[]) => answers.filter((said) => said.startsWith("HTTP/1.1 200"));

describe("connections", () => {
  it("of one address are so many and no more, and a place is free again when one is closed", async () => {
    const port = await listen({ perAddress: 10 });
    const answers = await times(25, port);
    expect(inside(answers)).toHaveLength(10);
    for (const said of answers) if (!said.startsWith("HTTP/1.1 200")) expect(said).toMatch(/^(HTTP\/1.1 429 .*rate_limited|hung up)/s);
    for (const socket of held.splice(0)) socket.destroy();
    await expect.poll(async () => inside([await knock(port)]).length).toBe(1);
  });

  it("of everybody together are so many and no more, those that a trusted proxy brings included", async () => {
    const port = await listen({ perAddress: 1, total: 10, trust: createTrustProxy({ hops: 0, networks: ["127.0.0.1"] }) });
    const answers = await times(15, port);
    expect(inside(answers)).toHaveLength(10);
    for (const said of answers) if (!said.startsWith("HTTP/1.1 200")) expect(said).toMatch(/^(HTTP\/1.1 503 .*busy|hung up)/s);
  });
});
