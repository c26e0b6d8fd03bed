/**
 * Files in a folder that are there whole or not at all, and are still there after a power cut.
 *
 * Bytes are written to a temporary file beside, forced to disk, and only then given their name.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Dir } from "node:fs";
import { type FileHandle, link, mkdir, open, opendir, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** No key begins with a dot, so no file can be mistaken for this folder. */
const tempFolder = ".incoming";
/** A temporary file this old was left by a process that died. */
const leftoverAgeMs = 24 * 3600 * 1000;
const placeTriesMax = 5;

export interface FolderFiles {
  pathOf(key: string): string;
  /**
   * Fills a temporary file by `fill` and gives it the name of `key` when `fill` says true. With `replace` false an existing
   * file stays as it is, and the answer is "taken". Whatever happens, no temporary file is left.
   */
  place(key: string, replace: boolean, fill: (file: FileHandle) => Promise<boolean>): Promise<"placed" | "taken" | "dropped">;
  /** Keys under a folder (`a/b/`), at most `max`. */
  list(prefix: string, max: number): Promise<string[]>;
  remove(key: string): Promise<void>;
}

/** The files under `dir`, which is made when first needed. Keys must have been checked. */
export function openFolder(dir: string): FolderFiles {
  const pathOf = (key: string) => join(dir, ...key.split("/"));
  let ready: Promise<void> | null = null;
  return {
    pathOf,
    async place(key, replace, fill) {
      ready ??= prepare(dir).catch((error: unknown) => {
        ready = null; // So that the next one tries again.
        throw error;
      });
      await ready;
      const temp = join(dir, tempFolder, randomUUID());
      try {
        const file = await open(temp, "wx", 0o600);
        try {
          if (!(await fill(file))) return "dropped";
          await file.sync();
        } finally {
          await file.close();
        }
        return await name(temp, pathOf(key), replace);
      } finally {
        await rm(temp, { force: true });
      }
    },
    async list(prefix, max) {
      const found: string[] = [];
      await gather(dir, prefix, max, found);
      return found;
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
      await removeEmptyFolders(dir, dirname(key));
    },
  };
}

async function prepare(dir: string): Promise<void> {
  const temp = join(dir, tempFolder);
  await mkdir(temp, { recursive: true, mode: 0o700 });
  for (const name of await readdir(temp)) {
    const path = join(temp, name);
    const found = await stat(path).catch(() => null); // Another process may be tidying too.
    if (found && Date.now() - found.mtimeMs > leftoverAgeMs) await rm(path, { force: true });
  }
}

async function name(temp: string, path: string, replace: boolean): Promise<"placed" | "taken"> {
  const folder = dirname(path);
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (replace) await rename(temp, path);
      else await link(temp, path); // Unlike a rename, refuses to replace what is there.
      await syncFolder(folder);
      return "placed";
    } catch (error) {
      if (!replace && codeOf(error) === "EEXIST") return "taken";
      // The folder may have been removed as empty in between.
      if (codeOf(error) !== "ENOENT" || tries === placeTriesMax) throw error;
    }
  }
}

/** A new name is only safe from a power cut once its folder is on disk as well. Windows cannot open folders, nor needs to. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Folder by folder and no further than wanted: a workspace may hold very many files. */
async function gather(dir: string, prefix: string, max: number, found: string[]): Promise<void> {
  let folder: Dir;
  try {
    folder = await opendir(join(dir, prefix));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  for await (const entry of folder) {
    if (found.length >= max) break; // Leaving the loop closes the folder.
    if (entry.isDirectory()) await gather(dir, `${prefix}${entry.name}/`, max, found);
    else found.push(`${prefix}${entry.name}`);
  }
}

async function removeEmptyFolders(dir: string, key: string): Promise<void> {
  for (let folder = key; folder !== "."; folder = dirname(folder)) {
    try {
      await rmdir(join(dir, folder));
    } catch {
      return; // Not empty, or gone already.
    }
  }
}

/** The system's name for what went wrong, such as ENOENT. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
