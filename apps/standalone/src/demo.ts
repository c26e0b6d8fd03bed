/**
 * The demo workspace of a fresh installation: an account, a workspace, an API key, and what the command line needs to know.
 *
 * Everything goes through the public API, as a customer's own script would.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAxonClient } from "@axon/client/client";
import { z } from "zod";

/** Kept as `<home>/cli.json`; the command line reads it when no other profile is named. */
const demoFile = z.object({
  url: z.string(),
  token: z.string(),
  workspaceId: z.string(),
  agentId: z.string().optional(),
  login: z.object({ email: z.string(), password: z.string() }),
  seeded: z.boolean(),
});
export type Demo = z.infer<typeof demoFile>;

const demoEmail = "demo@axon.example";

/** The demo of this installation, made when there is none yet. Filling it is `seedDemo`'s. */
export async function prepareDemo(home: string, url: string): Promise<Demo> {
  const path = join(home, "cli.json");
  const known = existsSync(path) ? demoFile.safeParse(JSON.parse(readFileSync(path, "utf8"))) : null;
  const demo = known?.success ? { ...known.data, url } : await makeDemo(url);
  save(home, demo);
  return demo;
}

async function makeDemo(url: string): Promise<Demo> {
  const login = { email: demoEmail, password: randomBytes(12).toString("base64url") };
  const visitor = createAxonClient({ url });
  const session = await visitor.api.auth.signUp.mutate({ ...login, name: "Demo", workspaceName: "Demo shop" });
  await visitor.close();
  const workspaceId = session.memberships[0]?.workspace.id;
  if (workspaceId === undefined) throw new Error("signing up gave no workspace");
  const owner = createAxonClient({ url, token: session.accessToken, workspaceId });
  const key = await owner.api.workspaces.apiKeys.create.mutate({ name: "Demo key", role: "admin" });
  await owner.close();
  if (key.secret === null) throw new Error("a new key came without its secret");
  return { url, token: key.secret, workspaceId, login, seeded: false };
}

/** Fills the demo workspace by the command line's own `seed`. Called again, it carries on where it stopped. */
export async function seedDemo(home: string, demo: Demo): Promise<Demo> {
  if (demo.seeded) return demo;
  const cli = fileURLToPath(import.meta.resolve("@axon/cli/main"));
  const output = await run([cli, "seed", "--json", "--url", demo.url, "--token", demo.token, "--workspace", demo.workspaceId]);
  const { agentId } = z.object({ agentId: z.string() }).parse(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
  const seeded = { ...demo, agentId, seeded: true };
  save(home, seeded);
  return seeded;
}

function save(home: string, demo: Demo): void {
  const path = join(home, "cli.json");
  writeFileSync(`${path}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function run(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (piece: Buffer) => {
      output += piece.toString();
    });
    child.stderr.on("data", (piece: Buffer) => {
      errors += piece.toString();
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`filling the demo workspace failed:\n${errors || output}`)),
    );
  });
}
