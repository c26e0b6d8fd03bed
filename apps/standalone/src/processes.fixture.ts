/**
 * Axon's programs as real processes: started, listened to, ended with any signal, and gone when the test is.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Program {
  /** The newest of what it printed, both streams together. */
  output(): string;
  /** Waits until it prints this; throws with its output when it ends or takes too long. */
  says(pattern: RegExp): Promise<void>;
  /** Sends a signal and waits for the end. */
  end(signal: "SIGKILL" | "SIGINT" | "SIGTERM"): Promise<Ended>;
  ended: Promise<Ended>;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
// By its whole address, so that a program started in any folder finds it.
const loader = pathToFileURL(createRequire(join(root, "package.json")).resolve("tsx")).href;
const outputCharsMax = 100_000;
/** An embedded database takes seconds to open, and a minute on a machine that does twenty other things. */
const startMsMax = 150_000;
const pollMs = 50;
const running = new Set<Program>();

export interface Start {
  app: "standalone" | "server" | "worker";
  /** As it was built, not from source. */
  built?: boolean;
  /** All of its environment: nothing is inherited. */
  env: Record<string, string>;
  args?: string[];
  /** Its working directory, where it looks for a `.env`. */
  cwd: string;
}

export function startProgram({ app, built = false, env, args = [], cwd }: Start): Program {
  const main = built
    ? [join(root, "apps", app, "dist", "main.js")]
    : ["--conditions=source", "--import", loader, join(root, "apps", app, "src", "main.ts")];
  const child = spawn(process.execPath, [...main, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let over = false;
  const keep = (text: Buffer) => {
    output = (output + text.toString("utf8")).slice(-outputCharsMax);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  // It must not outlive a test run that is itself cut short.
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    // `close`, not `exit`: only then has everything been printed that it had to say.
    child.once("close", (code, signal) => {
      over = true;
      process.off("exit", orphaned);
      running.delete(program);
      resolve({ code, signal });
    });
  });
  const program: Program = {
    output: () => output,
    ended,
    says: async (pattern) => {
      await until(
        () => {
          if (pattern.test(output)) return true;
          if (over) throw new Error(`${app} ended before it said ${pattern}:\n${output}`);
          return false;
        },
        `${app} to say ${pattern}`,
        startMsMax,
      );
    },
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
  running.add(program);
  return program;
}

/** Kills whatever a test has left running. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.end("SIGKILL")));
}

/** Waits until a server takes requests. */
export async function untilReady(program: Program, url: string): Promise<void> {
  const gone = program.ended.then(() => {
    throw new Error(`it ended before it was ready:\n${program.output()}`);
  });
  gone.catch(() => {}); // It may also end later, when nobody waits any more.
  const answers = async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200;
  await Promise.race([until(answers, `${url} to be ready`, startMsMax), gone]);
}

/** Looks again and again until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(pollMs);
  }
}

/** A port that is free now, for a program that must come back to the same one. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
