/**
 * Writes rows into an embedded database until it is killed, and says after each commit how far it is.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import postgres from "postgres";
import { openEmbedded } from "./open.ts";

const [dataDir = "", dumpPath = ""] = process.argv.slice(2);
const database = await openEmbedded({ dataDir, loadDump: new Blob([await readFile(dumpPath)]) });
const sql = postgres({ ...database.connection, max: 1 });
await sql`create table if not exists written (n int primary key, filler text)`;
for (let n = 0; n < 1_000_000; n++) {
  await sql`insert into written values (${n}, repeat('x', 2000))`;
  process.stdout.write(`${n}\n`);
}
