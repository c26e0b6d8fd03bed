/**
 * The embedded database: PostgreSQL in this process, reachable by every PostgreSQL client of this machine's user.
 *
 * Knows directories, sockets and the engine's life; the protocol is the front's.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { Front } from "./front.ts";
import { keepHouse } from "./housekeeping.ts";
import { lockDataDir } from "./lock.ts";
import { databaseName, ownerUser } from "./profile.ts";
import { EngineSession } from "./session.ts";

export interface EmbeddedOptions {
  /** Where the data is kept, made when missing; null keeps it in memory. */
  dataDir: string | null;
  /** Where the Unix socket goes; it becomes private to this user. A new temporary directory when left out. */
  socketDir?: string;
  /** What an earlier `dump()` gave; only for a database that does not exist yet. */
  loadDump?: Blob;
  /** Told, in words for the log, what the owner should know: the engine stopped, upkeep failed. */
  onNotice?: (text: string) => void;
}

/** Where clients connect, and the engine's life. Fits the `DatabaseTarget` of `connect.ts`. */
export interface EmbeddedDatabase {
  /** For psql and node-postgres. postgres.js needs `socketPath` beside it. */
  url: string;
  socketPath?: string;
  /** The same for clients that take options: `host` may be the socket's directory. */
  connection: { host: string; port: number; user: string; password: string; database: string };
  /** The whole database, uncompressed, for `loadDump`. */
  dump(): Promise<Blob>;
  /** Ends every connection, writes everything down and releases the directory. Safe to call again. */
  close(): Promise<void>;
}

/** Part of the socket's name in PostgreSQL's way; no TCP port is opened for it. */
const socketPort = 5432;
/** The kernel's limit is 104 bytes on some systems. */
const socketPathBytesMax = 100;

/**
 * Opens the database, made when it is missing, and starts to listen. Throws DataDirInUseError when the directory is open
 * elsewhere, and what the engine says when its files cannot be read.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const dataDir = options.dataDir === null ? null : resolve(options.dataDir);
  const unlock = dataDir === null ? () => {} : lockDataDir(dataDir);
  let engine: PGlite | null = null;
  try {
    const running = dataDir === null ? await startEngine(null, options.loadDump) : await startStored(dataDir, options.loadDump);
    engine = running;
    const served = await serveEngine(running, options);
    let closed: Promise<void> | null = null;
    const close = async () => {
      await served.close();
      await running.close();
      unlock();
    };
    return {
      ...served,
      close: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    await engine?.close();
    unlock();
    throw error;
  }
}

/** An engine that keeps its data in memory, begun with what a `dump()` holds; nobody listens yet. */
export function startInMemory(loadDump: Blob): Promise<PGlite> {
  return startEngine(null, loadDump);
}

/** Listens for an engine that runs already, and that goes on running when this is closed. One at a time for an engine. */
export async function serveEngine(
  engine: PGlite,
  { socketDir, onNotice = () => {} }: Pick<EmbeddedOptions, "socketDir" | "onNotice"> = {},
): Promise<EmbeddedDatabase> {
  const address = await chooseAddress(socketDir);
  const front = new Front(new EngineSession(engine), address.connection.password, (error) =>
    onNotice(`the embedded database stopped: ${String(error)}`),
  );
  const server = await listen(front, address);
  const stopUpkeep = keepHouse(front, onNotice);
  let closed: Promise<void> | null = null;
  const close = async () => {
    stopUpkeep();
    server.close();
    await front.close();
    if (address.ownsDir) await rm(address.ownsDir, { recursive: true, force: true });
  };
  return {
    url: address.url,
    ...(address.socketPath ? { socketPath: address.socketPath } : {}),
    connection: address.connection,
    dump: () =>
      front.alone(async (session) => {
        await session.query("checkpoint");
        return engine.dumpDataDir("none");
      }),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** The cluster is made beside its place and moved there when it is whole: one that was killed halfway is made again. */
async function startStored(dataDir: string, loadDump: Blob | undefined): Promise<PGlite> {
  const place = join(dataDir, "pg");
  if (existsSync(place)) {
    if (loadDump) throw new Error(`there is a database in ${dataDir} already; a dump is loaded into an empty directory only`);
    return startEngine(place, undefined);
  }
  const draft = join(dataDir, "pg.new");
  await rm(draft, { recursive: true, force: true });
  const first = await startEngine(draft, loadDump);
  await first.close();
  await rename(draft, place);
  return startEngine(place, undefined);
}

function startEngine(place: string | null, loadDump: Blob | undefined): Promise<PGlite> {
  return PGlite.create({
    dataDir: place ?? "memory://",
    extensions: { vector },
    ...(loadDump ? { loadDataDir: loadDump } : {}),
  });
}

interface Address {
  url: string;
  socketPath?: string;
  connection: EmbeddedDatabase["connection"];
  /** A temporary directory to remove at the end. */
  ownsDir: string | null;
}

/** A Unix socket in a private directory; where that cannot be, loopback with a password, for the port is open to every local user. */
async function chooseAddress(wanted: string | undefined): Promise<Address> {
  const owner = { port: socketPort, user: ownerUser, password: "", database: databaseName };
  if (process.platform !== "win32") {
    const dir = wanted === undefined ? await mkdtemp(join(tmpdir(), "axon-db-")) : resolve(wanted);
    const socketPath = join(dir, `.s.PGSQL.${socketPort}`);
    const ownsDir = wanted === undefined ? dir : null;
    if (Buffer.byteLength(socketPath) <= socketPathBytesMax) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await chmod(dir, 0o700);
      const url = `postgres://${ownerUser}@${encodeURIComponent(dir)}:${socketPort}/${databaseName}`;
      return { url, socketPath, connection: { ...owner, host: dir }, ownsDir };
    }
    if (ownsDir) await rm(ownsDir, { recursive: true, force: true });
  }
  return { url: "", connection: { ...owner, host: "127.0.0.1", port: 0, password: randomBytes(24).toString("base64url") }, ownsDir: null };
}

/** Starts to listen, and completes a loopback address with the port it got. */
async function listen(front: Front, address: Address): Promise<Server> {
  const server = createServer((socket) => front.accept(socket));
  if (address.socketPath) await rm(address.socketPath, { force: true }); // Left by a process that was killed.
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    if (address.socketPath) server.listen(address.socketPath, done);
    else server.listen(0, "127.0.0.1", done);
  });
  const at = server.address();
  if (at !== null && typeof at === "object") {
    address.connection.port = at.port;
    address.url = `postgres://${ownerUser}:${address.connection.password}@127.0.0.1:${at.port}/${databaseName}`;
  }
  return server;
}
