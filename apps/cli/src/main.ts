#!/usr/bin/env node
/**
 * The command line's front door: reads the environment, hands everything on, ends with the command's exit code.
 *
 * @module
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { terminalIo } from "./io.ts";
import { run } from "./program.ts";

const version = "0.1.0";

const { env } = process;
/** An empty variable is as good as none. */
const word = (value: string | undefined) => (value === "" ? undefined : value);
// `npm run axon` and `pnpm axon` run in the project's root; paths are meant from where they were typed.
const cwd = env.npm_lifecycle_event === "axon" ? (word(env.INIT_CWD) ?? process.cwd()) : process.cwd();
const axonHome = word(env.AXON_HOME);

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), {
  io: terminalIo(process, word(env.NO_COLOR) !== undefined || env.TERM === "dumb"),
  settings: {
    url: word(env.AXON_URL),
    token: word(env.AXON_TOKEN),
    workspaceId: word(env.AXON_WORKSPACE),
    axonHome: axonHome === undefined ? undefined : resolve(axonHome),
    configFolder: join(word(env.XDG_CONFIG_HOME) ?? join(homedir(), ".config"), "axon"),
    cwd,
  },
  handbookDir: fileURLToPath(new URL("../handbook/", import.meta.url)),
  version,
});
