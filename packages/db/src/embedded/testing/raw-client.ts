/**
 * A PostgreSQL client without manners, for tests: sends any bytes, stops reading, leaves without a word.
 *
 * @module
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eachMessage, message } from "../wire.ts";

export interface Said {
  /** Letter of the message. */
  type: string;
  body: Buffer;
}

export class RawClient {
  readonly socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
    });
    socket.on("error", () => {}); // Being cut off is what some tests are about.
  }

  static async connect(address: { socketPath?: string; port: number }): Promise<RawClient> {
    const socket = address.socketPath ? connect(address.socketPath) : connect(address.port, "127.0.0.1");
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** Connects and logs in, with these startup parameters besides user and database. */
  static async login(address: { socketPath?: string; port: number }, parameters: Record<string, string> = {}): Promise<RawClient> {
    const client = await RawClient.connect(address);
    client.socket.write(startup({ user: "postgres", database: "postgres", ...parameters }));
    await client.until("Z");
    return client;
  }

  send(...messages: Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** Everything said up to and with the next message of this type. Rejects when the connection ends before. */
  async until(type: string): Promise<Said[]> {
    for (;;) {
      const said: Said[] = [];
      let end = 0;
      eachMessage(this.#bytes, (code, from, to) => {
        if (end > 0 || to > this.#bytes.length) return;
        said.push({ type: String.fromCharCode(code), body: Buffer.from(this.#bytes.subarray(from + 5, to)) });
        if (String.fromCharCode(code) === type) end = to;
      });
      if (end > 0) {
        this.#bytes = this.#bytes.subarray(end);
        return said;
      }
      if (this.socket.destroyed || this.socket.readableEnded) throw new Error(`the connection ended before ${type} came`);
      await this.#more();
    }
  }

  /** Resolves when something came, or nothing more can. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const event of ["data", "end", "close"]) this.socket.off(event, done);
        resolve();
      };
      for (const event of ["data", "end", "close"]) this.socket.on(event, done);
    });
  }

  /** What came and was not asked for yet. */
  get unread(): Buffer {
    return this.#bytes;
  }
}

/** A startup packet of protocol 3.0. */
export function startup(parameters: Record<string, string>): Buffer {
  const body = Buffer.from(`${Object.entries(parameters).flat().join("\0")}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, body]);
}

export const query = (sql: string) => message("Q", sql);
export const parse = (sql: string, name = "") => message("P", name, sql, Buffer.alloc(2));
export const bind = (name = "") => message("B", "", name, Buffer.alloc(6));
export const execute = () => message("E", "", Buffer.alloc(4));
export const sync = () => message("S");
export const flush = () => message("H");

/** The letters, in order, e.g. "12DCZ". */
export function letters(said: Said[]): string {
  return said.map((one) => one.type).join("");
}

/** First column of every row, as text. */
export function firstColumn(said: Said[]): string[] {
  return said.filter((one) => one.type === "D").map((one) => one.body.toString("utf8", 6, 6 + one.body.readInt32BE(2)));
}
