/**
 * Keeps a data directory to one live process. A lock left by a process that died is taken over.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The directory is open elsewhere, in this process or in another one that is alive. */
export class DataDirInUseError extends Error {
  readonly code = "data_dir_in_use";
  override readonly name = "DataDirInUseError";
}

interface Holder {
  pid: number;
  /** Start time of the process as the kernel counts it, or null where the kernel does not say; tells a reused pid from its first bearer. */
  startedAt: string | null;
  process: string;
}

/** Tells this process from an earlier one that had the same pid, as the first process of a container has after every restart. */
const thisProcess = randomUUID();
const attemptsMax = 5;

/**
 * Takes the lock file of `dataDir`, made when it is missing. Gives the function that releases it.
 * Throws DataDirInUseError when a live process, or this one, holds it.
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, "lock");
  const mine = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid), process: thisProcess } satisfies Holder);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (claim(path, mine)) return () => release(path, mine);
    const found = read(path);
    if (found === null) continue; // Released this instant.
    const holder = parse(found);
    if (holder && isAlive(holder)) {
      throw new DataDirInUseError(`the data directory ${dataDir} is open in process ${holder.pid}; stop that process first`);
    }
    removeStale(path, found);
  }
  throw new DataDirInUseError(`the lock of the data directory ${dataDir} changes hands too fast to be taken`);
}

/** Written whole before it gets its name: nobody ever reads half a lock. */
function claim(path: string, content: string): boolean {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Moves the stale lock away; if another process has replaced it meanwhile, that one is put back. */
function removeStale(path: string, expected: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  if (read(aside) !== expected) claim(path, read(aside) ?? "");
  rmSync(aside, { force: true });
}

function release(path: string, mine: string): void {
  if (read(path) === mine) rmSync(path, { force: true });
}

function isAlive(holder: Holder): boolean {
  if (holder.process === thisProcess) return true;
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  return holder.startedAt === null || holder.startedAt === startOf(holder.pid);
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold spaces. */
function startOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function parse(content: string): Holder | null {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== "object" || value === null) return null;
    const { pid, startedAt, process: token } = value as Record<string, unknown>; // safe: any object may be read by name
    if (typeof pid !== "number" || typeof token !== "string") return null;
    return { pid, startedAt: typeof startedAt === "string" ? startedAt : null, process: token };
  } catch {
    return null;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
