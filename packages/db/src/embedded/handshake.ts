/**
 * The first words of a connection: encryption is declined, the startup packet read and, where one is set, the password asked.
 *
 * Knows the order of the packets, and nothing of the engine.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { ProtocolError } from "./inbox.ts";
import { limits } from "./limits.ts";
import { type Profile, profileOf, StartupRefusal } from "./profile.ts";
import {
  askCleartextPassword,
  cancelRequestCode,
  frontend,
  gssRequestCode,
  negotiateProtocolVersion,
  readStartupPairs,
  readText,
  sslRequestCode,
} from "./wire.ts";

export type HandshakeStep =
  | { kind: "more" }
  | { kind: "reply"; bytes: Buffer }
  /** A cancel request: it is answered by closing, as PostgreSQL does. Nothing runs that could be cancelled. */
  | { kind: "hangUp" }
  /** `rest` is what came after; it belongs to the first batch. */
  | { kind: "welcome"; profile: Profile; rest: Buffer };

const notEncrypted = Buffer.from("N");
const version3 = 3;

export class Handshake {
  readonly #password: string;
  #bytes: Buffer = Buffer.alloc(0);
  #profile: Profile | null = null;

  /** With an empty password everyone who reaches the socket is let in. */
  constructor(password: string) {
    this.#password = password;
  }

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  /** What to do next; call until it says "more", "hangUp" or "welcome". Throws ProtocolError or StartupRefusal. */
  next(): HandshakeStep {
    return this.#profile ? this.#readPassword(this.#profile) : this.#readStartup();
  }

  #readStartup(): HandshakeStep {
    const packet = this.#take(0);
    if (!packet) return { kind: "more" };
    const code = packet.readInt32BE(4);
    if (code === sslRequestCode || code === gssRequestCode) return { kind: "reply", bytes: notEncrypted };
    if (code === cancelRequestCode) return { kind: "hangUp" };
    if (code >>> 16 !== version3) throw new StartupRefusal("0A000", `unsupported frontend protocol ${code >>> 16}.${code & 0xffff}`);
    const pairs = readStartupPairs(packet.subarray(8));
    const profile = profileOf(pairs);
    const extensions = [...pairs.keys()].filter((name) => name.startsWith("_pq_."));
    const answers: Buffer[] = [];
    if ((code & 0xffff) > 0 || extensions.length > 0) answers.push(negotiateProtocolVersion(extensions));
    if (this.#password !== "") {
      this.#profile = profile;
      answers.push(askCleartextPassword());
    } else {
      if (answers.length === 0) return this.#welcome(profile);
      this.#profile = profile;
    }
    return { kind: "reply", bytes: Buffer.concat(answers) };
  }

  #readPassword(profile: Profile): HandshakeStep {
    if (this.#password === "") return this.#welcome(profile);
    const packet = this.#take(1);
    if (!packet) return { kind: "more" };
    if (packet[0] !== frontend.password) throw new ProtocolError("expected a password");
    if (!equal(readText(packet, 5).text, this.#password)) {
      throw new StartupRefusal("28P01", `password authentication failed for user "${profile.user}"`);
    }
    return this.#welcome(profile);
  }

  #welcome(profile: Profile): HandshakeStep {
    return { kind: "welcome", profile, rest: this.#bytes };
  }

  /** The next whole packet, whose length stands `lengthAt` bytes in. */
  #take(lengthAt: number): Buffer | null {
    if (this.#bytes.length < lengthAt + 4) return null;
    const size = this.#bytes.readInt32BE(lengthAt);
    if (size < 4 + (lengthAt === 0 ? 4 : 0) || size > limits.startupBytesMax) throw new ProtocolError("invalid length of startup packet");
    if (this.#bytes.length < lengthAt + size) return null;
    const packet = this.#bytes.subarray(0, lengthAt + size);
    this.#bytes = this.#bytes.subarray(lengthAt + size);
    return packet;
  }
}

function equal(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
