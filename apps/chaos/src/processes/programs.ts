/**
 * Real processes: started, killed without warning, and started again.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Recipe {
  name: string;
  command: string;
  args: readonly string[];
  /** All of its environment: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Whom it runs as; ourselves when left out. */
  user?: { uid: number; gid: number };
  /** Resolves true when it can be used. */
  ready(): Promise<boolean>;
}

const outputCharsMax = 20_000;
const startMsMax = 90_000;
const pollMs = 100;
/** A program that ends by itself (its database is away, say) is started again after this long. */
const restartMs = 1_000;

/** A program that is kept running, but for the moments in which it is killed. */
export class Program {
  readonly name: string;
  readonly #recipe: Recipe;
  #child: ChildProcess | null = null;
  #wanted = true;
  #output = "";
  #ended: Promise<void> = Promise.resolve();
  kills = 0;
  /** How often it ended by itself. */
  falls = 0;

  constructor(recipe: Recipe) {
    this.name = recipe.name;
    this.#recipe = recipe;
  }

  /** Starts it, and again whenever it ends by itself. Resolves when it can be used; throws with its words when it does not come to that. */
  async start(): Promise<void> {
    this.#wanted = true;
    this.#spawn();
    await this.untilReady();
  }

  #spawn(): void {
    const { command, args, env, cwd, user } = this.#recipe;
    const child = spawn(command, [...args], { cwd, env: { ...env }, stdio: ["ignore", "pipe", "pipe"], ...user });
    const keep = (text: Buffer) => {
      this.#output = (this.#output + text.toString("utf8")).slice(-outputCharsMax);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const orphaned = () => child.kill("SIGKILL");
    process.once("exit", orphaned);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => keep(Buffer.from(String(error))));
      child.once("close", () => {
        process.off("exit", orphaned);
        this.#child = null;
        resolve();
        if (!this.#wanted) return;
        this.falls += 1;
        setTimeout(() => this.#wanted && this.#child === null && this.#spawn(), restartMs).unref();
      });
    });
  }

  async untilReady(): Promise<void> {
    const end = Date.now() + startMsMax;
    while (!(this.#child !== null && (await this.#recipe.ready().catch(() => false)))) {
      if (Date.now() > end) throw new Error(`${this.name} did not get ready:\n${this.#output.slice(-3_000)}`);
      await sleep(pollMs);
    }
  }

  /** Kills it at once. It stays away until it is started. */
  async kill(): Promise<void> {
    this.#wanted = false;
    this.kills += 1;
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    this.#wanted = false;
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  output(): string {
    return this.#output;
  }
}

/** A port of the loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** True when something listens at the port. */
export async function answersOk(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null))?.status === 200;
}
