/**
 * The limits of the door that nobody moves by environment, in one place. Tests make some of them smaller.
 *
 * @module
 */
export interface DoorOptions {
  /** Largest JSON body: `documents.addText` takes a million characters, of up to four bytes. */
  bodyBytesMax: number;
  /** How deep JSON may be nested, in bodies, in query strings and in messages over a socket. */
  jsonDepthMax: number;
  /** Calls in one batch, over HTTP and in one message over a socket. */
  batchMax: number;
  /** Characters of an address; our own client splits its batches below it. */
  urlCharsMax: number;
  headersMax: number;
  headerBytesMax: number;
  /** Longest wait for a request's headers. */
  headersTimeoutMs: number;
  /** Longest wait for the rest of a body that is JSON. */
  bodyTimeoutMs: number;
  /** Longest wait for a whole request, uploads included. */
  requestTimeoutMs: number;
  /** How often these two waits are looked at. */
  waitsCheckMs: number;
  /** How long a connection between two requests is kept. Longer than the 60 s of most balancers, so that it is theirs to close. */
  keepAliveMs: number;
  /** Connections to this process, of all addresses together. */
  connectionsMax: number;
  /** Largest message over a socket. */
  messageBytesMax: number;
  /** Calls over one socket in a second, and how many it may save up. */
  messagesPerSecond: number;
  messagesAtOnce: number;
  streamsPerSocket: number;
  /** A socket that has said nothing for this long after it was opened is closed. */
  silentSocketMs: number;
  /** How often an idle socket is asked whether it is there, and how long its answer is waited for. */
  pingMs: number;
  pongWaitMs: number;
  /** What a socket may leave unread of the answers to its own calls. */
  unreadBytesMax: number;
  /** A socket whose token has expired is closed after this, unless its owner has let it go before. */
  expiredSocketMs: number;
  /** How often those who hold streams are looked at. */
  callersCheckMs: number;
}

export const doorDefaults: DoorOptions = {
  bodyBytesMax: 6 * 1024 * 1024,
  jsonDepthMax: 32,
  batchMax: 50,
  urlCharsMax: 8_000,
  headersMax: 64,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 20_000,
  requestTimeoutMs: 15 * 60_000,
  waitsCheckMs: 2_000,
  keepAliveMs: 65_000,
  connectionsMax: 50_000,
  messageBytesMax: 256 * 1024,
  messagesPerSecond: 100,
  messagesAtOnce: 400,
  streamsPerSocket: 100,
  silentSocketMs: 10_000,
  pingMs: 30_000,
  pongWaitMs: 10_000,
  unreadBytesMax: 8 * 1024 * 1024,
  expiredSocketMs: 10_000,
  callersCheckMs: 1_000,
};
