import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { pace } from "./pace.ts";

const limits = { unreadBytesMax: 256 * 1024, stalledMsMax: 400 };
const piece = "x".repeat(64 * 1024);
/** Far more than the kernel's buffers between two ends of a loopback connection hold. */
const piecesMax = 1_000;

let server: ReturnType<typeof createServer>;
let sending: WebSocket;
let reading: WebSocket;

beforeEach(async () => {
  server = createServer();
  const wss = new WebSocketServer({ server });
  const arrived = new Promise<WebSocket>((resolve) => wss.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  reading = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`); // safe: a TCP server that listens
  sending = await arrived;
  if (reading.readyState !== reading.OPEN) await new Promise((resolve) => reading.once("open", resolve));
});
afterEach(() => {
  reading.terminate();
  sending.terminate();
  server.close();
});

describe("a reader", () => {
  it("who has stopped reading costs bounded memory and is let go in the end", async () => {
    reading.pause();
    let largest = 0;
    let sent = 0;
    for (; sent < piecesMax && sending.readyState === sending.OPEN; sent++) {
      sending.send(piece);
      largest = Math.max(largest, sending.bufferedAmount);
      await pace(sending, new AbortController().signal, limits);
    }
    expect(sending.readyState).not.toBe(sending.OPEN);
    expect(sent).toBeLessThan(piecesMax);
    expect(largest).toBeLessThan(limits.unreadBytesMax + 2 * piece.length);
  });

  it("who keeps reading gets everything", async () => {
    let got = 0;
    reading.on("message", () => got++);
    for (let sent = 0; sent < 200; sent++) {
      sending.send(piece);
      await pace(sending, new AbortController().signal, limits);
    }
    await expect.poll(() => got, { timeout: 20_000 }).toBe(200);
    expect(sending.readyState).toBe(sending.OPEN);
  });

  it("who unsubscribes is not waited for", async () => {
    reading.pause();
    while (sending.bufferedAmount <= limits.unreadBytesMax) sending.send(piece);
    const left = new AbortController();
    const waiting = pace(sending, left.signal, { ...limits, stalledMsMax: 60_000 });
    left.abort();
    await waiting;
    expect(sending.readyState).toBe(sending.OPEN);
  });
});
