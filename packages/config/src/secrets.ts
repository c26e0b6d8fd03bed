/**
 * Secrets for a machine where nobody set any: one random root, kept in a file that only its owner can read.
 *
 * Each secret is derived from the root by its own name, so a secret that a later version asks for needs no change to
 * the file. Production never comes here.
 *
 * @module
 */
import { hkdfSync, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const names = ["JWT_SECRET", "JWT_REFRESH_SECRET", "UPLOAD_SECRET"] as const;
export type MadeSecrets = Record<(typeof names)[number], string>;
const secretBytes = 32;

/**
 * Gives the secrets of the data folder `home`, making `secrets.json` (mode 0600) on the first call. However many
 * processes start at once, all get the same. Throws when the file is there but cannot be read as ours.
 */
export function makeSecrets(home: string): MadeSecrets {
  const path = join(home, "secrets.json");
  const root = readRoot(path) ?? createRoot(home, path);
  // safe: names is the tuple that MadeSecrets is made of, so every key is filled
  return Object.fromEntries(names.map((name) => [name, derive(root, name)])) as MadeSecrets;
}

/**
 * The sealing key of an installation that has set no `ENCRYPTION_KEYS`. It stays among the keys that open, so that setting
 * them later loses nothing. Named after the secret it comes from, without telling anything of it.
 */
export function derivedKey(secret: string): { id: string; bytes: Uint8Array } {
  const of = (use: string, length: number) => new Uint8Array(hkdfSync("sha256", secret, "", `axon/${use}`, length));
  return { id: `derived-${Buffer.from(of("sealing key id", 4)).toString("hex")}`, bytes: of("sealing key", secretBytes) };
}

function derive(root: string, name: string): string {
  return Buffer.from(hkdfSync("sha256", Buffer.from(root, "hex"), "", `axon/${name}`, secretBytes)).toString("hex");
}

function createRoot(home: string, path: string): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${JSON.stringify({ root: randomBytes(secretBytes).toString("hex") }, null, 2)}\n`, {
    mode: 0o600,
    flag: "wx",
    flush: true,
  });
  try {
    // A link is refused when the name is taken, where a rename would replace what another process already uses.
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    unlinkSync(draft);
  }
  const root = readRoot(path);
  if (root === null) throw new Error(`${path} was removed while it was being made`);
  return root;
}

function readRoot(path: string): string | null {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
  const root = /^\s*\{\s*"root"\s*:\s*"([0-9a-f]{64})"\s*\}\s*$/.exec(content)?.[1];
  if (root === undefined) throw new Error(`${path} is damaged; remove it to have new secrets made (everyone is signed out)`);
  return root;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
