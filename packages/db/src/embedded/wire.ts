/**
 * The words of the PostgreSQL wire protocol (version 3) that the front reads and writes itself.
 *
 * Knows bytes, and nothing of sockets, turns or the engine.
 *
 * @module
 */

/** Message types by their code on the wire; the same letter may mean another thing in the other direction. */
export const frontend = {
  query: 0x51, // Q
  parse: 0x50, // P
  bind: 0x42, // B
  execute: 0x45, // E
  describe: 0x44, // D
  close: 0x43, // C
  sync: 0x53, // S
  flush: 0x48, // H
  functionCall: 0x46, // F
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
  terminate: 0x58, // X
  password: 0x70, // p
} as const;

export const backend = {
  error: 0x45, // E
  commandComplete: 0x43, // C
  readyForQuery: 0x5a, // Z
  notification: 0x41, // A
  copyInResponse: 0x47, // G
  dataRow: 0x44, // D
} as const;

export const cancelRequestCode = 80877102;
export const sslRequestCode = 80877103;
export const gssRequestCode = 80877104;

/** Where the last ReadyForQuery said the session stands: idle, in a transaction, or in a failed one. */
export type SessionStatus = "idle" | "transaction" | "failed";

const sync = message("S");
const noText = Buffer.alloc(0);

/** One message: its type as a letter, then its body. */
export function message(type: string, ...body: (Buffer | string)[]): Buffer {
  const parts = body.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part));
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(4 + parts.reduce((sum, part) => sum + part.length, 0), 1);
  return Buffer.concat([head, ...parts]);
}

/** A simple query, as the front sends to the engine on its own behalf. */
export function queryMessage(sql: string): Buffer {
  return message("Q", sql);
}

export function syncMessage(): Buffer {
  return sync;
}

/** Closes the prepared statement `name`. */
export function closeStatementMessage(name: string): Buffer {
  return message("C", Buffer.from("S"), name);
}

export function authenticationOk(): Buffer {
  return message("R", int32(0));
}

export function askCleartextPassword(): Buffer {
  return message("R", int32(3));
}

export function parameterStatus(name: string, value: string): Buffer {
  return message("S", name, value);
}

export function backendKeyData(processId: number, secret: number): Buffer {
  return message("K", int32(processId), int32(secret));
}

export function readyForQuery(status: SessionStatus = "idle"): Buffer {
  return message("Z", Buffer.from(status === "idle" ? "I" : status === "transaction" ? "T" : "E"));
}

/** Invites the client to send COPY data, as text. Clients look at the columns when the data comes, not here. */
export function copyInResponse(): Buffer {
  return message("G", Buffer.from([0, 0, 0]));
}

export function copyFail(reason: string): Buffer {
  return message("f", reason);
}

/** Tells a client that asked for a newer minor version, or for protocol extensions, that it gets 3.0 without them. */
export function negotiateProtocolVersion(refused: string[]): Buffer {
  return message("v", int32(0), int32(refused.length), ...refused);
}

export interface WireError {
  severity: "ERROR" | "FATAL";
  /** The five letters of an SQLSTATE. */
  code: string;
  message: string;
}

export function errorResponse(error: WireError): Buffer {
  return message("E", `S${error.severity}`, `V${error.severity}`, `C${error.code}`, `M${error.message}`, Buffer.from([0]));
}

/** Reads an ErrorResponse that starts at `offset`; fields that are missing come as "". */
export function readError(bytes: Buffer, offset: number): { code: string; message: string } {
  const end = offset + 1 + bytes.readInt32BE(offset + 1);
  const found = { code: "", message: "" };
  let at = offset + 5;
  while (at < end && bytes[at] !== 0) {
    const field = bytes[at];
    const value = readText(bytes, at + 1);
    if (field === 0x43) found.code = value.text;
    if (field === 0x4d) found.message = value.text;
    at = value.next;
  }
  return found;
}

/** The values of a DataRow that starts at `offset`, as text; null is null. */
export function readRow(bytes: Buffer, offset: number): (string | null)[] {
  const columns = bytes.readInt16BE(offset + 5);
  const values: (string | null)[] = [];
  let at = offset + 7;
  for (let column = 0; column < columns; column++) {
    const size = bytes.readInt32BE(at);
    at += 4;
    values.push(size < 0 ? null : bytes.toString("utf8", at, at + size));
    at += Math.max(0, size);
  }
  return values;
}

/** A zero-terminated text at `offset`, and where the next thing begins. Throws a RangeError when the zero is missing. */
export function readText(bytes: Buffer, offset: number): { text: string; next: number } {
  const end = bytes.indexOf(0, offset);
  if (end < 0) throw new RangeError("unterminated text in a message");
  return { text: bytes.toString("utf8", offset, end), next: end + 1 };
}

/** The pairs of a startup packet's body (after the version), e.g. user, database, role. */
export function readStartupPairs(body: Buffer): Map<string, string> {
  const pairs = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const name = readText(body, at);
    const value = readText(body, name.next);
    pairs.set(name.text, value.text);
    at = value.next;
  }
  return pairs;
}

/** Calls `visit` with type, start and end of every whole message in `bytes`. */
export function eachMessage(bytes: Buffer, visit: (type: number, start: number, end: number) => void): void {
  let start = 0;
  while (start + 5 <= bytes.length) {
    const end = start + 1 + bytes.readInt32BE(start + 1);
    visit(bytes[start] ?? 0, start, end);
    start = end;
  }
}

/** Joins without copying when there is nothing to join. */
export function joined(parts: Buffer[]): Buffer {
  return parts.length === 1 ? (parts[0] ?? noText) : Buffer.concat(parts);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
