/**
 * Runs once before the tests: prepares the database they copy, and tells them where the real services are.
 *
 * What fails here is told to the tests that open a database; the others run all the same.
 *
 * @module
 */
import process from "node:process";
import type { TestProject } from "vitest/node";
import { dropTemplate, prepareDump, prepareTemplate } from "./database-setup.ts";

/** What the run prepared: a dump to load, a template to copy, or why there is neither. */
export type PreparedDatabase =
  | { kind: "embedded"; dumpPath: string }
  | { kind: "server"; serverUrl: string; template: string }
  | { kind: "failed"; reason: string };

declare module "vitest" {
  interface ProvidedContext {
    testDatabase: PreparedDatabase;
    testRedisUrl: string | null;
    /** The embedded engine's own tests need it on any kind of run. */
    embeddedDumpPath: string | null;
    /** True when what is tested was just built, so that programs may be run as users run them; else they are run from source. */
    built: boolean;
    /** What random tests begin with: TEST_SEED when a failure is to be seen again. */
    testSeed: number;
    /** At how many awaits of one job it is cut: TWICE_CUTS_MAX. */
    twiceCutsMax: number;
  }
}

const seedsMax = 1_000_000;
/** What a run of the whole suite has time for. */
const twiceCutsDefault = 10;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // A test runner's entry is the one place beside main.ts that looks at the environment.
  const serverUrl = process.env.TEST_DATABASE_URL;
  const dump = await attempt(async () => ({ kind: "embedded", dumpPath: await prepareDump() }));
  const prepared = serverUrl
    ? await attempt(async () => ({ kind: "server", serverUrl, template: await prepareTemplate(serverUrl) }))
    : dump;
  project.provide("testDatabase", prepared);
  project.provide("testRedisUrl", process.env.TEST_REDIS_URL || null);
  project.provide("built", process.env.AXON_TEST_BUILT === "1");
  project.provide("testSeed", Number(process.env.TEST_SEED || Date.now() % seedsMax));
  project.provide("twiceCutsMax", Number(process.env.TWICE_CUTS_MAX || twiceCutsDefault));
  project.provide("embeddedDumpPath", dump.kind === "embedded" ? dump.dumpPath : null);
  return async () => {
    if (prepared.kind === "server") await dropTemplate(prepared.serverUrl, prepared.template);
  };
}

async function attempt(prepare: () => Promise<PreparedDatabase>): Promise<PreparedDatabase> {
  try {
    return await prepare();
  } catch (error) {
    console.error("the test database could not be prepared:", error);
    return { kind: "failed", reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? [error.message, reasonOf(error.cause ?? "")].filter(Boolean).join(": ") : String(error);
}
