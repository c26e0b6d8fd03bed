/**
 * The servers that Axon's list is measured beside: each a process of its own, on the same database.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cpuMsOf, freePort, type Installation } from "./installation.ts";
import type { Caller } from "./load.ts";

export interface Peer {
  variant: string;
  url: string;
  /** Of the list. */
  path: string;
  /** CPU time that its process has used so far. */
  cpuMs(): number;
  close(): Promise<void>;
}

/** `node:http` and postgres.js: `open` looks at no credential and fences nothing, `fenced` does both by hand. */
export function startBare(installation: Installation, way: "open" | "fenced"): Promise<Peer> {
  const { database, jwtSecret } = installation;
  const socket = database.socketPath === undefined ? [] : ["--socket", database.socketPath];
  const main = fileURLToPath(new URL("bare-main.js", import.meta.url));
  return start(`bare, ${way}: node:http + postgres.js`, "/", main, ["--way", way, "--url", database.url, "--secret", jwtSecret, ...socket]);
}

/** A sentence when it can't be measured here. */
export async function startExpress({ database, jwtSecret }: Installation, kind: "prisma" | "pg"): Promise<Peer | string> {
  const name = kind === "prisma" ? "Prisma" : "pg";
  const folder = fileURLToPath(new URL("../peers/express/", import.meta.url));
  if (database.socketPath !== undefined) return `Express + ${name} needs PostgreSQL`;
  if (!existsSync(`${folder}node_modules/${kind === "prisma" ? ".prisma/client" : "express"}`))
    return `Express + ${name} is not installed: npm run bench:peers`;
  const args = ["--url", database.url, "--secret", jwtSecret];
  return start(`Express + ${name} + jsonwebtoken`, "/conversations", `${folder}${kind}-main.mjs`, args);
}

async function start(variant: string, path: string, main: string, args: string[]): Promise<Peer> {
  const port = await freePort();
  const child = spawn(process.execPath, [main, "--port", String(port), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  const ended = once(child, "close");
  const failed = ended.then(() => {
    throw new Error(`${variant} did not start`);
  });
  failed.catch(() => {}); // It ends in the end.
  await Promise.race([once(child.stdout, "data"), failed]);
  return {
    variant,
    url: `http://127.0.0.1:${port}`,
    path,
    cpuMs: () => cpuMsOf(child.pid),
    close: async () => {
      child.kill("SIGKILL");
      await ended;
      process.off("exit", orphaned);
    },
  };
}

/** The rows that a list gives. */
export async function askedOnce(caller: Caller | undefined, path: string): Promise<readonly unknown[]> {
  const answer = await caller?.call(path);
  if (answer?.status !== 200) throw new Error(`${path} answered ${answer?.status}: ${answer?.text.slice(0, 300)}`);
  // safe: all of them answer in tRPC's frame
  return (JSON.parse(answer.text) as { result: { data: { items: unknown[] } } }).result.data.items;
}
