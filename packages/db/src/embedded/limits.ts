/**
 * Every maximum of the embedded engine's front, in one place.
 *
 * @module
 */
export const limits = {
  /** Clients connected at once; PostgreSQL's own default is 100. */
  clientsMax: 200,
  /** From connecting to a whole startup packet (and password). */
  startupMs: 10_000,
  startupBytesMax: 10_000,
  /** One message, or all messages up to a Sync, and so also the data of one COPY. */
  batchBytesMax: 64 * 1024 * 1024,
  /** Batches of one client that wait for their turn; past it the client's socket is not read. */
  batchesWaitingMax: 256,
  /** One reply. The engine gives it in one piece, so it lies in memory whole until the client has read it. */
  replyBytesMax: 256 * 1024 * 1024,
  /** Unread bytes of a client past which it gets no further turns until it has read them. */
  unreadBytesMax: 1024 * 1024,
  /** Notifications that pile up for a client that does not read, before it is dropped. */
  unreadNotificationBytesMax: 4 * 1024 * 1024,
  /** How long a client may leave its reply unread before it is dropped. */
  stalledMs: 60_000,
  /** How long an open transaction may say nothing while others wait for the turn. */
  idleInTurnMs: 30_000,
  /** Named prepared statements of one client. */
  statementsMax: 5_000,
  /** How long the engine works before timers and sockets get their turn. */
  sliceMs: 8,
  /** Transitions between session profiles that are kept ready-made. */
  transitionsKeptMax: 256,
} as const;
