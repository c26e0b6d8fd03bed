/**
 * Which server, who we are there, and which workspace is meant: from flags, the environment, the project folder's
 * `.axon/cli.json` (written by `npm start`) or the saved login, in this order.
 *
 * @module
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import { type Session, session as sessionShape } from "@axon/contracts/auth";

export const defaultUrl = "http://127.0.0.1:3001";

/** What `main.ts` read from the environment and the command line; undefined where nothing was said. */
export interface Settings {
  url: string | undefined;
  token: string | undefined;
  workspaceId: string | undefined;
  /** The data folder (`AXON_HOME`); without it `.axon` here or in a folder above. */
  axonHome: string | undefined;
  /** Where a login is saved when there is no `axonHome`. */
  configFolder: string;
  cwd: string;
}

export interface Profile {
  url: string;
  token?: string;
  session?: Session;
  workspaceId?: string;
  agentId?: string;
}

export interface ResolvedProfile extends Profile {
  /** Where a renewed session is kept; null when there is none to renew. */
  file: string | null;
}

/** Puts the profile together. `saved` passes over the project folder and takes the saved login. */
export async function resolveProfile(settings: Settings, options: { saved?: boolean } = {}): Promise<ResolvedProfile> {
  const project = options.saved ? null : await projectFile(settings);
  const file = project ?? loginFile(settings);
  const kept = await readProfile(file);
  const otherServer = settings.url !== undefined && kept !== null && settings.url !== kept.url;
  // A credential belongs to the server that gave it; it is never sent to another one.
  const base: Profile = kept && !otherServer ? kept : { url: settings.url ?? defaultUrl };
  const { session, token, ...rest } = base;
  const workspaceId = settings.workspaceId ?? rest.workspaceId;
  if (settings.token !== undefined) {
    const { workspaceId: _kept, agentId: _agent, ...bare } = rest;
    return {
      ...bare,
      token: settings.token,
      ...(settings.workspaceId === undefined ? {} : { workspaceId: settings.workspaceId }),
      file: null,
    };
  }
  return {
    ...rest,
    ...(token === undefined ? {} : { token }),
    ...(session === undefined ? {} : { session }),
    ...(workspaceId === undefined ? {} : { workspaceId }),
    file: session ? file : null,
  };
}

/** Where `axon login` keeps what it learned. */
export function loginFile(settings: Settings): string {
  return join(settings.axonHome ?? settings.configFolder, "login.json");
}

/** The `cli.json` of the running project, searched from the present folder upwards; null when there is none. */
export async function projectFile(settings: Settings): Promise<string | null> {
  if (settings.axonHome !== undefined) {
    const file = join(settings.axonHome, "cli.json");
    return (await readProfile(file)) ? file : null;
  }
  const { root } = parse(settings.cwd);
  for (let folder = settings.cwd; ; folder = dirname(folder)) {
    const file = join(folder, ".axon", "cli.json");
    if (await readProfile(file)) return file;
    if (folder === root) return null;
  }
}

/** A stored profile, null when there is none or it can't be read as one. */
export async function readProfile(file: string): Promise<Profile | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("url" in value) || typeof value.url !== "string") return null;
  const word = (name: string) => {
    const entry: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
    return typeof entry === "string" && entry !== "" ? { [name]: entry } : {};
  };
  const session = "session" in value ? sessionShape.safeParse(value.session) : null;
  return {
    url: value.url,
    ...word("token"),
    ...word("workspaceId"),
    ...word("agentId"),
    ...(session?.success ? { session: session.data } : {}),
  };
}

/** Keeps a profile, readable by its owner only; a reader never sees half of it. */
export async function writeProfile(file: string, profile: Profile): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}
