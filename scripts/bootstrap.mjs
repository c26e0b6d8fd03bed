/**
 * Gets a fresh checkout ready to run on a machine that has only Node and npm: installs with the pinned pnpm, builds with
 * turbo, and skips what is already done. Plain Node, no dependencies, nothing installed globally.
 *
 * It knows nothing of the product; `start.mjs` and `test.mjs` say what to run afterwards.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildStamp, installStamp, root, workspaces } from "./fingerprint.mjs";
import { runQuietly } from "./run.mjs";

const nodeMin = [20, 17];
const installTimeoutMs = 15 * 60_000;
const buildTimeoutMs = 10 * 60_000;

/** Installs and builds when something changed since last time, telling each step with its time. Throws when one fails. */
export async function bootstrap() {
  refuseOldNode();
  await step("install", installDone, install);
  await step("build", buildDone, build);
}

/** The command line of the pnpm that package.json pins, as a list of words to put arguments after. */
export function pnpmCommand() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // With --prefer-offline npx takes what it has before it asks the network, without it an offline start waits a minute.
  return ["npx", "--prefer-offline", "-y", packageManager];
}

/** What every child gets: no telemetry, and no question that nobody is there to answer. */
export function childEnv() {
  return {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    npm_config_update_notifier: "false",
  };
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])) return;
  console.error(
    `Axon needs Node ${nodeMin.join(".")} or newer; this is ${process.versions.node}. Get a newer one from https://nodejs.org and run the command again.`,
  );
  process.exit(1);
}

async function step(name, isDone, work) {
  const startedAt = performance.now();
  if (isDone()) return console.log(line("✓", name, startedAt, " (nothing changed)"));
  const live = process.stdout.isTTY === true;
  const clock = live ? setInterval(() => process.stdout.write(`\r${line("…", name, startedAt)}`), 200) : undefined;
  try {
    await work();
  } catch (error) {
    console.log(`${live ? "\r" : ""}${line("✗", name, startedAt)}`);
    throw error;
  } finally {
    clearInterval(clock);
  }
  console.log(`${live ? "\r" : ""}${line("✓", name, startedAt)}`);
}

function line(mark, name, startedAt, note = "") {
  return `  ${mark} ${name.padEnd(10)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s${note}`;
}

function installDone() {
  const linked = workspaces().every(({ folder, hasDependencies }) => !hasDependencies || existsSync(join(root, folder, "node_modules")));
  return linked && existsSync(join(root, "node_modules", ".modules.yaml")) && readStamp("install") === installStamp();
}

async function install() {
  const options = ["install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only", "--config.confirmModulesPurge=false"];
  await runQuietly("install", [...pnpmCommand(), ...options], { env: childEnv(), timeoutMs: installTimeoutMs });
  writeStamp("install", installStamp());
}

function buildDone() {
  const built = workspaces().every(({ folder, hasBuild }) => !hasBuild || existsSync(join(root, folder, "dist")));
  return built && readStamp("build") === buildStamp();
}

async function build() {
  await runQuietly("build", [...pnpmCommand(), "exec", "turbo", "run", "build", "--output-logs=errors-only"], {
    env: childEnv(),
    timeoutMs: buildTimeoutMs,
  });
  writeStamp("build", buildStamp());
}

function stampPath(name) {
  return join(root, "node_modules", `.axon-${name}`);
}

function readStamp(name) {
  return existsSync(stampPath(name)) ? readFileSync(stampPath(name), "utf8") : "";
}

function writeStamp(name, value) {
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stampPath(name), value);
}
