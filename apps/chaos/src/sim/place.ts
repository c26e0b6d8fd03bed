/**
 * A database for a world: on the PostgreSQL server that is named, or embedded in this process.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { openPool } from "@axon/db/connect";
import { openEmbedded } from "@axon/db/embedded/open";
import { migrate } from "@axon/db/migrate";
import { openWorld, type World } from "./world.ts";

/** Opens a world in a new database; closing it takes the database away. */
export async function openPlace(serverUrl: string | null): Promise<World> {
  if (serverUrl === null) {
    const database = await openEmbedded({ dataDir: null });
    return opened(database, true, () => database.close());
  }
  const name = `axon_chaos_${randomBytes(6).toString("hex")}`;
  await onServer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return opened({ url: url.href }, false, () => onServer(serverUrl, `drop database if exists ${name} with (force)`));
}

async function opened(target: Parameters<typeof openWorld>[0], embedded: boolean, drop: () => Promise<void>): Promise<World> {
  try {
    await migrate(target);
    const world = await openWorld(target, { embedded });
    const close = async () => {
      await world.close();
      await drop();
    };
    return { ...world, close };
  } catch (error) {
    await drop();
    throw error;
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const pool = openPool({ url }, null, 1);
  try {
    await pool.unsafe(statement);
  } finally {
    await pool.end({ timeout: 5 });
  }
}
