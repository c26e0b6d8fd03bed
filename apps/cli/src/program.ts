/**
 * The commands and their options. It parses what was typed and hands it on; what a command does is in `commands/`.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import { Command, CommanderError } from "commander";
import { ask } from "./commands/ask.ts";
import { chat } from "./commands/chat.ts";
import { addConversationCommands } from "./commands/conversations.ts";
import { addEventCommands } from "./commands/events.ts";
import { ingest } from "./commands/ingest.ts";
import { addJobCommands } from "./commands/jobs.ts";
import { login } from "./commands/login.ts";
import { mail } from "./commands/mail.ts";
import { seed, seedAtScale } from "./commands/seed.ts";
import { connect } from "./connect.ts";
import { exitCodes, explain } from "./failure.ts";
import { type Io, remark } from "./io.ts";
import { defaultUrl, type ResolvedProfile, resolveProfile, type Settings } from "./profile.ts";

export interface ProgramDeps {
  io: Io;
  /** What the environment says; flags go before it. */
  settings: Settings;
  /** Where the demo's documents lie. */
  handbookDir: string;
  version: string;
}

interface GlobalFlags {
  url?: string;
  token?: string;
  workspace?: string;
  saved?: boolean;
}

const exitCodesHelp = `
Exit codes: 0 done, 1 something failed, 2 asked wrongly, 3 no server, 4 not signed in.
In a project folder where \`npm start\` runs, no login is needed: .axon/cli.json tells the rest.`;

/** Runs one command line (without the program's name). Never throws: gives the exit code, having said what was wrong. */
export async function run(argv: readonly string[], deps: ProgramDeps): Promise<number> {
  let exitCode = 0;
  let url = deps.settings.url ?? defaultUrl;
  const program = createProgram(deps, {
    done: (code) => {
      exitCode = code;
    },
    meant: (server) => {
      url = server;
    },
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    const { message, hint, exitCode: code } = explain(error, url);
    remark(deps.io, `${deps.io.style.bad("✗")} ${message}`);
    if (hint) remark(deps.io, `  ${deps.io.style.faint(hint)}`);
    return code;
  }
}

function createProgram(deps: ProgramDeps, report: { done(code: number): void; meant(url: string): void }): Command {
  const { io } = deps;
  const program = new Command("axon");
  const settings = (): Settings => {
    const flags = program.opts<GlobalFlags>();
    return {
      ...deps.settings,
      url: flags.url ?? deps.settings.url,
      token: flags.token ?? deps.settings.token,
      workspaceId: flags.workspace ?? deps.settings.workspaceId,
    };
  };
  const withClient = async (work: (client: AxonClient, profile: ResolvedProfile) => Promise<number>): Promise<void> => {
    const profile = await resolveProfile(settings(), { saved: program.opts<GlobalFlags>().saved === true });
    report.meant(profile.url);
    const client = connect(profile);
    try {
      report.done(await work(client, profile));
    } finally {
      await client.close();
    }
  };

  program
    .description("Axon on the command line: give an agent documents, ask it, talk to it.")
    .version(deps.version)
    .option("--url <url>", `the server (AXON_URL; otherwise the project's, the login's or ${defaultUrl})`)
    .option("--token <token>", "an API key or access token (AXON_TOKEN)")
    .option("--workspace <id>", "the workspace's id (AXON_WORKSPACE)")
    .option("--saved", "use the saved login even in a project folder")
    .addHelpText("after", exitCodesHelp)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });

  program
    .command("login")
    .description("sign in and keep the session for the commands that follow")
    .option("--email <address>")
    .option("--password <password>", "asked for, hidden, when left out")
    .option("--code <code>", "of an authenticator app; asked for when it is needed")
    .option("--json", "print the result as JSON")
    .action(async (options: { email?: string; password?: string; code?: string; json?: boolean }) => {
      const meant = settings();
      report.meant(meant.url ?? defaultUrl);
      report.done(await login(io, meant, options));
    });

  program
    .command("ingest")
    .description("add to the workspace's knowledge: files, folders, patterns such as 'docs/**/*.pdf', or addresses of web pages")
    .argument("<paths...>")
    .option("--source <name>", "the source they go to, by name or id; made if there is none", "Files")
    .option("--json", "print every document's outcome as JSON")
    .option("--quiet", "say nothing unless something failed")
    .action((paths: string[], options: { source: string; json?: boolean; quiet?: boolean }) =>
      withClient((client) => ingest(client, io, paths, { ...options, cwd: deps.settings.cwd })),
    );

  program
    .command("ask")
    .description("ask one question and get the whole answer, with its sources and confidence")
    .argument("[question...]", "left out, it is read from a pipe")
    .option("--agent <name>", "the agent, by name or id")
    .option("--json", "print the answer, its sources and its trace as JSON")
    .action((words: string[], options: { agent?: string; json?: boolean }) =>
      withClient((client, { agentId }) => ask(client, io, words, { ...options, preferredAgentId: agentId })),
    );

  program
    .command("chat")
    .description("talk to an agent as a customer would; piped lines are sent one after the other")
    .option("--agent <name>", "the agent, by name or id")
    .action((options: { agent?: string }) =>
      withClient((client, { agentId }) => chat(client, io, { ...options, preferredAgentId: agentId })),
    );

  program
    .command("seed")
    .description("make the demo agent and give it the handbook of a made-up shop; twice is as good as once")
    .option("--handbook <folder>", "other documents than ours", deps.handbookDir)
    .option("--scale <messages>", "instead: a large workspace with about so many messages in a year of conversations")
    .option("--seed <number>", "with --scale: other conversations than those of seed 1", "1")
    .option("--json", "print what was made as JSON")
    .option("--quiet", "say nothing unless something failed")
    .action((options: { handbook: string; scale?: string; seed: string; json?: boolean; quiet?: boolean }) =>
      withClient((client) => {
        const { scale } = options;
        return scale === undefined
          ? seed(client, io, { ...options, handbookDir: options.handbook })
          : seedAtScale(client, io, { ...options, scale });
      }),
    );

  addConversationCommands(program, io, withClient);
  addJobCommands(program, io, withClient);
  addEventCommands(program, io, withClient);

  program
    .command("mail")
    .description("show the letters of a server that has no mail service, newest last")
    .option("--home <folder>", "the server's data folder", ".axon")
    .option("--latest", "print the newest letter")
    .option("--json", "print the letters as JSON")
    .action(async (options: { home: string; latest?: boolean; json?: boolean }) =>
      report.done(await mail(io, { ...options, cwd: deps.settings.cwd })),
    );

  return program;
}
