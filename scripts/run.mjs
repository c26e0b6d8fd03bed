/**
 * Runs one command for us: quietly with the tail of its output kept for the bad case, or in the open with Ctrl-C passed on.
 *
 * Each child leads its own process group, so that a signal reaches it exactly once (a terminal would otherwise send Ctrl-C
 * to it as well) and so that a failing step leaves no grandchildren behind.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { root } from "./fingerprint.mjs";

const windows = process.platform === "win32";
const tailLinesMax = 40;
const tailCharsMax = 64_000;
const interrupted = 130;
const echoMs = 500;

/** A step that did not work: what to show, and what may help. */
export class StepFailed extends Error {
  constructor(name, problem, tail) {
    super(`${name} ${problem}`);
    this.name = "StepFailed";
    this.tail = tail;
  }
}

/**
 * Runs a command without showing its output (AXON_VERBOSE=1 shows it). Throws `StepFailed` with the tail of the output when
 * it ends with anything but 0 or takes longer than `timeoutMs`. Ctrl-C ends it and us.
 */
export async function runQuietly(name, command, { env, timeoutMs }) {
  const verbose = env.AXON_VERBOSE === "1";
  const child = start(command, env, verbose ? "inherit" : ["ignore", "pipe", "pipe"]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output = (output + chunk).slice(-tailCharsMax);
    });
  }
  let problem = "";
  const stop = (signal) => killGroup(child, signal);
  const timer = setTimeout(() => {
    problem = `took longer than ${timeoutMs / 60_000} minutes`;
    stop("SIGKILL");
  }, timeoutMs);
  const release = onSignals((signal) => {
    stop(signal);
    console.error("\nstopped");
    process.exit(interrupted);
  });
  try {
    const { code, signal, error } = await ended(child);
    if (error) throw new StepFailed(name, `could not start ${command[0]} (${error.code ?? error.message})`, "");
    if (code !== 0) throw new StepFailed(name, problem || `ended with ${code ?? signal}`, tailOf(output));
  } finally {
    clearTimeout(timer);
    release();
  }
}

/**
 * Runs a command in the open and gives its exit code. SIGINT, SIGTERM and SIGHUP are passed on, once each, and we wait for it
 * to end in its own time. With `untilStopped` being ended by that signal is a good end and counts as 0. `wholeGroup` also tells its children, for a
 * command that does not do so itself (npx).
 */
export async function runInTheOpen(command, { env, wholeGroup = false, untilStopped = false }) {
  const child = start(command, env, ["ignore", "inherit", "inherit"]);
  let passedOnAt = Number.NEGATIVE_INFINITY;
  const release = onSignals((signal) => {
    // At a terminal Ctrl-C comes twice: from the terminal, and from npm, which got it too. A later one is a second wish.
    if (performance.now() - passedOnAt < echoMs) return;
    passedOnAt = performance.now();
    const last = signal === "SIGHUP" ? "SIGTERM" : signal;
    if (wholeGroup) killGroup(child, last);
    else child.kill(last);
  });
  const { code, signal, error } = await ended(child);
  release();
  if (error) throw new StepFailed(command[0], `could not start (${error.code ?? error.message})`, "");
  const stopped = passedOnAt > 0;
  if (stopped && !untilStopped) return code || interrupted;
  return code ?? (stopped && (signal === "SIGINT" || signal === "SIGTERM") ? 0 : 1);
}

/** Prints what went wrong, the tail of the output and what to do about it. */
export function explain(error) {
  if (!(error instanceof StepFailed)) throw error;
  if (error.tail) console.error(`\n${error.tail}`);
  console.error(`\n${error.message}. ${adviceFor(error)}`);
}

function start([program, ...args], env, stdio) {
  // npx is a script on Windows, and only a shell starts those.
  return spawn(program, args, { cwd: root, env, stdio, detached: !windows, shell: windows && program === "npx" });
}

function ended(child) {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ error }));
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
}

function onSignals(listener) {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function killGroup(child, signal) {
  try {
    if (child.pid === undefined) return;
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // Gone already: that is what was wanted.
  }
}

function tailOf(output) {
  return output.trimEnd().split("\n").slice(-tailLinesMax).join("\n");
}

function adviceFor({ message, tail }) {
  const known = [
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL|FETCH_ERROR/,
      "The package registry cannot be reached. Check the network (or proxy) and run the command again; after one success it works offline.",
    ],
    [/ENOSPC/, "The disk is full. Free about 2 GB and run the command again."],
    [/EACCES|EPERM|EROFS/, "A folder is not writable. Run it as the owner of this checkout (never with sudo)."],
    [
      /OUTDATED_LOCKFILE/,
      "pnpm-lock.yaml does not fit the package.json files. Run `node scripts/pnpm.mjs install` and look at what changed.",
    ],
    [
      /error TS\d+|elifecycle|Failed: {4}/i,
      "The code above does not compile. Mend it, or run `git status` to see what differs from the checkout.",
    ],
  ];
  const advice = known.find(([pattern]) => pattern.test(`${message}\n${tail}`))?.[1];
  return advice ?? "Run again with AXON_VERBOSE=1 to see everything.";
}
