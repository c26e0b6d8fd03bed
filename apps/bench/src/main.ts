/**
 * `npm run bench [-- NAME…] [--json]`: what Axon costs beside its peers, on this machine. Run after `npm run build`, on a quiet
 * machine. The only file here that reads the environment.
 *
 * @module
 */
import { Command } from "commander";
import { api } from "./api.ts";
import { inbox } from "./inbox.ts";
import { ingest } from "./ingest.ts";
import { type Installation, openInstallation, type Services } from "./installation.ts";
import { live } from "./live.ts";
import { loginStorm } from "./login-storm.ts";
import { reply } from "./reply.ts";
import { type BenchResult, machineFacts, tell } from "./result.ts";
import { vectors } from "./vectors.ts";

const benches: Readonly<Record<string, (installation: Installation, scale: number) => Promise<BenchResult>>> = {
  "login-storm": loginStorm,
  api,
  inbox,
  vectors,
  ingest,
};

/** These put up what they need themselves. */
const apart: Readonly<Record<string, (services: Services | null, connections: readonly number[]) => Promise<BenchResult[]>>> = {
  live: (_services, connections) => live(connections),
  reply: async (services) => [await reply(services)],
};
const everyName = [...Object.keys(benches), ...Object.keys(apart)];

const command = new Command("bench")
  .description("Measures Axon beside its peers. On TEST_DATABASE_URL and TEST_REDIS_URL where both are set, else on the embedded database.")
  .argument("[names...]", `which: ${everyName.join(", ")}; all when left out`)
  .option("--scale <part>", "of the data of inbox, vectors and ingest, above 0 and up to 1, for a quick try", "1")
  .option("--connections <numbers>", "of live: how many readers, with commas between several numbers", "2000,10000")
  .option("--json", "print the numbers as one JSON object")
  .action(async (asked: string[], flags: { json?: boolean; scale: string; connections: string }) => {
    const names = asked.map((name) => (name === "authed-list" ? "api" : name)); // What it was called at first.
    const unknown = names.filter((name) => !everyName.includes(name));
    if (unknown.length > 0) throw new Error(`there is no bench ${unknown.join(", ")}; there are ${everyName.join(", ")}`);
    const scale = Number(flags.scale);
    if (!(scale > 0 && scale <= 1)) throw new Error("--scale takes a number above 0 and up to 1");
    const connections = flags.connections.split(",").map(Number);
    if (!connections.every((count) => Number.isInteger(count) && count > 0)) throw new Error("--connections takes whole numbers above 0");
    const services = servicesOf(process.env.TEST_DATABASE_URL, process.env.TEST_REDIS_URL);
    const machine = { ...machineFacts(), database: services === null ? "embedded" : "PostgreSQL and Redis" };
    const results: BenchResult[] = [];
    for (const [name, run] of Object.entries(benches)) {
      if (names.length > 0 && !names.includes(name)) continue;
      process.stderr.write(`${name} …\n`);
      const installation = await openInstallation(services);
      try {
        results.push(await run(installation, scale));
      } finally {
        await installation.close();
      }
    }
    for (const [name, run] of Object.entries(apart)) {
      if (names.length > 0 && !names.includes(name)) continue;
      process.stderr.write(`${name} …\n`);
      results.push(...(await run(services, connections)));
    }
    const facts = Object.entries(machine).map(([what, is]) => `${what}: ${is}`);
    process.stdout.write(
      `${flags.json ? JSON.stringify({ machine, results }, null, 2) : [facts.join(" · "), ...results.map(tell)].join("\n\n")}\n`,
    );
  });

function servicesOf(databaseUrl: string | undefined, redisUrl: string | undefined): Services | null {
  return databaseUrl && redisUrl ? { databaseUrl, redisUrl } : null;
}

try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
