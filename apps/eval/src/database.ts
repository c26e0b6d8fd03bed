/**
 * Where a run keeps its rows: the embedded engine in memory, or a database made for it on a server and dropped after.
 *
 * @module
 */
import { type DatabaseTarget, openPool } from "@axon/db/connect";
import { openEmbedded } from "@axon/db/embedded/open";
import { newId } from "@axon/db/ids";

export interface OpenedDatabase {
  target: DatabaseTarget;
  close(): Promise<void>;
}

export async function openDatabase(serverUrl: string | null): Promise<OpenedDatabase> {
  if (serverUrl === null) {
    const embedded = await openEmbedded({ dataDir: null });
    return { target: embedded, close: () => embedded.close() };
  }
  const name = `axon_eval_${newId().replaceAll("-", "")}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await onServer(serverUrl, `create database ${name}`);
  return { target: { url: url.href }, close: () => onServer(serverUrl, `drop database ${name} with (force)`) };
}

async function onServer(url: string, statement: string): Promise<void> {
  const pool = openPool({ url }, null, 1);
  try {
    await pool.unsafe(statement);
  } finally {
    await pool.end({ timeout: 5 });
  }
}
