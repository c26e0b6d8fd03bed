/**
 * The readers of the bench, a process of their own: bare TCP sockets that say what their server wants to hear, and then count frames.
 * Told over IPC where to connect and how many; tells how many frames have come.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import type { VariantName } from "./variant.ts";

export interface Connect {
  port: number;
  variant: VariantName;
  readers: number;
  token: string;
}

/** Connections that are being opened at the same time. */
const openingMax = 100;
const tellEveryMs = 10;

let frames = 0;
let told = -1;
process.on("message", (message: Connect) => {
  void open(message);
});
process.on("disconnect", () => process.exit());
setInterval(() => {
  if (frames === told) return;
  told = frames;
  process.send?.({ frames });
}, tellEveryMs);

async function open(options: Connect): Promise<void> {
  let next = 0;
  const opener = async () => {
    while (next < options.readers) await openOne(options, next++);
  };
  await Promise.all(Array.from({ length: openingMax }, opener));
  process.send?.({ open: options.readers });
}

/** Resolves when the first frame after all that had to be said has come. */
function openOne({ port, variant, token }: Connect, reader: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    const path = variant === "socket.io" ? "/socket.io/?EIO=4&transport=websocket" : "/trpc?connectionParams=1";
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    const count = createCounter(socket);
    let upgraded = false;
    let started = false;
    socket.on("data", (chunk) => {
      if (upgraded) {
        const before = count.frames();
        count.take(chunk);
        if (started) frames += count.frames() - before;
        else if (count.frames() > (variant === "socket.io" ? 2 : 0)) {
          started = true;
          resolve();
        }
        return;
      }
      upgraded = true;
      for (const text of greetings(variant, reader, token)) socket.write(masked(text));
      const rest = chunk.subarray(chunk.indexOf("\r\n\r\n") + 4);
      if (rest.length > 0) count.take(rest);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed a connection")));
  });
}

function greetings(variant: VariantName, reader: number, token: string): string[] {
  if (variant === "raw") return ["follow"];
  if (variant === "socket.io") return ["40"];
  return [
    JSON.stringify({ method: "connectionParams", data: { token } }),
    JSON.stringify({ id: 1, method: "subscription", params: { path: "follow", input: { reader } } }),
  ];
}

/** A client's frame, with a mask that changes nothing. */
function masked(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head =
    bytes.length < 126 ? Buffer.from([0x81, 0x80 | bytes.length]) : Buffer.from([0x81, 0xfe, bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), bytes]);
}

/** Counts frames without looking into them; signs of life are answered and not counted. */
function createCounter(socket: Socket) {
  let rest: Buffer | null = null;
  let count = 0;
  return {
    frames: () => count,
    take(chunk: Buffer): void {
      let bytes = rest === null ? chunk : Buffer.concat([rest, chunk]);
      for (;;) {
        const size = sizeOf(bytes);
        if (size === null || size > bytes.length) break;
        const text = size < 8 ? bytes.toString("latin1", 2, size) : "";
        if (text === "PING") socket.write(masked("PONG"));
        else if (text === "2") socket.write(masked("3"));
        else count += 1;
        bytes = bytes.subarray(size);
      }
      rest = bytes.length === 0 ? null : bytes;
    },
  };
}

/** Bytes of the frame that begins here; null when that can't be said yet. */
function sizeOf(bytes: Buffer): number | null {
  const length = bytes[1];
  if (length === undefined) return null;
  if (length < 126) return 2 + length;
  return bytes.length < 4 ? null : 4 + bytes.readUInt16BE(2);
}
