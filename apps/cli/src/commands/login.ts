/**
 * `axon login`: signs in, chooses the workspace, and keeps both for the commands that follow.
 *
 * @module
 */
import { createAxonClient } from "@axon/client/client";
import { axonErrorOf, isAxonTrouble } from "@axon/client/errors";
import type { Membership, Session } from "@axon/contracts/auth";
import { UsageError } from "../failure.ts";
import { askLine, type Io, remark, say } from "../io.ts";
import { defaultUrl, loginFile, projectFile, type Settings, writeProfile } from "../profile.ts";

interface LoginOptions {
  email?: string;
  password?: string;
  /** Of an authenticator app. */
  code?: string;
  json?: boolean;
}

/** Asks for what no flag gave. With a token (an API key) nothing is asked: it is tried and kept. */
export async function login(io: Io, settings: Settings, options: LoginOptions): Promise<number> {
  const url = (settings.url ?? (await ask(io, `Server [${defaultUrl}]: `, false)) ?? "") || defaultUrl;
  const file = loginFile(settings);
  if (settings.token !== undefined) {
    const client = createAxonClient({ url, token: settings.token, workspaceId: settings.workspaceId });
    const workspace = await client.api.workspaces.get.query();
    await writeProfile(file, { url, token: settings.token, workspaceId: workspace.id });
    report(io, options, { url, workspaceId: workspace.id, workspace: workspace.name, user: null, file });
    return 0;
  }
  const email = options.email ?? (await ask(io, "E-mail: ", false));
  const password = options.password ?? (await ask(io, "Password: ", true));
  if (!email || !password) throw new UsageError("An e-mail address and a password are needed (--email, --password).");
  const session = await signIn(io, url, { email, password, totpCode: options.code });
  const { workspace } = await chooseWorkspace(io, session, settings.workspaceId);
  await writeProfile(file, { url, session, workspaceId: workspace.id });
  report(io, options, { url, workspaceId: workspace.id, workspace: workspace.name, user: session.user.email, file });
  const project = await projectFile(settings);
  if (project) remark(io, io.style.warn(`In this folder ${project} goes first; use --saved to act as ${session.user.email} here.`));
  return 0;
}

interface Credentials {
  email: string;
  password: string;
  totpCode: string | undefined;
}

/** Asks for the code of an authenticator app when it turns out to be needed. */
async function signIn(io: Io, url: string, given: Credentials): Promise<Session> {
  const { auth } = createAxonClient({ url }).api;
  try {
    return await auth.signIn.mutate(given);
  } catch (error) {
    if (!isAxonTrouble(error) || axonErrorOf(error).reason !== "totp_required") throw error;
    const totpCode = await ask(io, "Code of your authenticator app: ", false);
    if (!totpCode) throw new UsageError("This account needs the code of its authenticator app as well (--code).");
    return auth.signIn.mutate({ ...given, totpCode });
  }
}

/** Nothing is asked of a pipe: a script that forgot a flag should hear so, not hang. */
async function ask(io: Io, question: string, hidden: boolean): Promise<string | null> {
  return io.interactive ? ((await askLine(io, question, { hidden }))?.trim() ?? null) : null;
}

async function chooseWorkspace(io: Io, session: Session, wanted: string | undefined): Promise<Membership> {
  const { memberships } = session;
  const [only, ...others] = memberships;
  if (!only) throw new UsageError("This account belongs to no workspace yet.");
  const named = memberships.find(({ workspace }) => workspace.id === wanted || workspace.slug === wanted);
  if (named) return named;
  if (wanted !== undefined)
    throw new UsageError(
      `This account has no workspace “${wanted}”. It has: ${memberships.map(({ workspace }) => workspace.slug).join(", ")}.`,
    );
  if (others.length === 0 || !io.interactive) return only;
  for (const [index, { workspace, role }] of memberships.entries())
    remark(io, `  ${index + 1}  ${workspace.name} ${io.style.faint(`(${role})`)}`);
  const answer = Number((await askLine(io, "Workspace [1]: ")) || 1);
  return memberships[answer - 1] ?? only;
}

function report(
  io: Io,
  options: LoginOptions,
  result: { url: string; workspaceId: string; workspace: string; user: string | null; file: string },
): void {
  if (options.json) say(io, JSON.stringify(result));
  else
    say(
      io,
      `${io.style.good("Signed in")} at ${result.url}${result.user ? ` as ${result.user}` : ""}, workspace ${io.style.strong(result.workspace)}`,
    );
}
