/**
 * The long run: a server in a process of its own, hundreds of thousands of inputs, and its memory looked at as it goes.
 *
 * `npm run fuzz -- [--inputs 200000] [--seed N] [--json]`. With TEST_DATABASE_URL and TEST_REDIS_URL it is a server of
 * production on a database made for the run; without, the whole of Axon on the embedded engine. Ends with 1 when
 * something answered 5xx, a promise was rejected unheard, the server died, or its memory kept growing.
 */
import { randomBytes, randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openPool } from "@axon/db/connect";
import { endPrograms, freePort, type Program, startProgram, untilReady } from "../../processes.fixture.ts";
import { fuzz } from "./run.ts";
import { settle } from "./settle.ts";

/** The heap after a run may be larger than in its second third by so much: caches fill up, a leak goes on. */
const growthMax = 1.35;
const growthBytesMin = 40 * 1024 * 1024;

interface Place {
  app: "server" | "standalone";
  env: Record<string, string>;
  engine: string;
  close(): Promise<void>;
}

async function openPlace(folder: string): Promise<Place> {
  const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
  const secret = () => randomBytes(32).toString("hex");
  if (databaseUrl === undefined || redisUrl === undefined) {
    return { app: "standalone", engine: "embedded", env: { AXON_HOME: join(folder, "home") }, close: async () => {} };
  }
  const name = `axon_fuzz_${randomBytes(4).toString("hex")}`;
  const admin = openPool({ url: databaseUrl }, null, 1);
  await admin.unsafe(`create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return {
    app: "server",
    engine: "PostgreSQL and Redis",
    env: {
      AXON_HOME: folder,
      HOST: "127.0.0.1",
      DATABASE_URL: url.href,
      REDIS_URL: redisUrl,
      JWT_SECRET: secret(),
      JWT_REFRESH_SECRET: secret(),
      UPLOAD_SECRET: secret(),
    },
    close: async () => {
      await admin.unsafe(`drop database if exists ${name} with (force)`);
      await admin.end({ timeout: 5 });
    },
  };
}

/** What the door would hold back is let through: it is what lies behind that is tried. Cheap hashes, many sign-ups. */
function opened(place: Place, port: number): Record<string, string> {
  const many = "10000000";
  return {
    ...place.env,
    PORT: String(port),
    LOG_LEVEL: "error",
    BCRYPT_ROUNDS: place.app === "server" ? "10" : "4",
    ADDRESS_REQUESTS_PER_MINUTE: many,
    ADDRESS_CONNECTIONS: "100000",
    ADDRESS_SOCKETS: "100000",
    CALLER_SOCKETS: "100000",
    WORKSPACE_CALLS_PER_MINUTE: many,
    WORKSPACE_CONCURRENT_CALLS: "10000",
  };
}

async function memoryOf(url: string): Promise<{ heapBytes: number; rssBytes: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  return { heapBytes: read("nodejs_heap_size_used_bytes"), rssBytes: read("process_resident_memory_bytes") };
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { inputs: { type: "string", default: "200000" }, seed: { type: "string" }, json: { type: "boolean", default: false } },
  });
  const [inputs, seed] = [Number(values.inputs), Number(values.seed ?? randomInt(2 ** 31))];
  const folder = mkdtempSync(join(tmpdir(), "axon-fuzz-"));
  const place = await openPlace(folder);
  let died = false;
  try {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = place.app === "standalone" ? ["--no-seed"] : [];
    const program: Program = startProgram({ app: place.app, env: opened(place, port), args, cwd: folder });
    void program.ended.then(() => {
      died = true;
    });
    await untilReady(program, url);
    const memory: { sent: number; heapBytes: number; rssBytes: number }[] = [];
    const result = await fuzz({
      inputs,
      seed,
      target: () => settle(url, `${randomBytes(8).toString("hex")}@example.com`),
      onRound: async (sent) => {
        if (died) throw new Error(`the server died after ${sent} inputs (seed ${seed}):\n${program.output()}`);
        memory.push({ sent, ...(await memoryOf(url)) });
      },
    });
    const unheard = /unhandled|uncaught/i.test(program.output());
    const grew = growthOf(memory.map(({ heapBytes }) => heapBytes));
    const report = { inputs, seed, engine: place.engine, ...result, unheard, heap: grew, rssBytes: memory.at(-1)?.rssBytes };
    if (values.json) console.log(JSON.stringify(report, null, 2));
    else {
      for (const fault of result.faults) console.log(`${fault.door}: ${fault.sent}\n  ${fault.got}`);
      if (result.faults.length > 0 || unheard) console.log(program.output());
      console.log(`told ${JSON.stringify(result.told)}`);
      console.log(
        `${place.engine}; ${JSON.stringify(result.sent)}; heap ${mb(grew.first)} in the second third, ${mb(grew.last)} at the end`,
      );
    }
    console.log(
      `${inputs} inputs, seed ${seed}, ${result.faults.length} faults, ${unheard ? "unheard rejections" : "no unheard rejection"}`,
    );
    return result.faults.length === 0 && !unheard && grew.flat;
  } finally {
    await endPrograms();
    await place.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Heaps go up and down with the collector: the lowest of the second third is held against the lowest of the last. */
function growthOf(heaps: readonly number[]): { first: number; last: number; flat: boolean } {
  const third = Math.floor(heaps.length / 3);
  const first = Math.min(...heaps.slice(third, 2 * third));
  const last = Math.min(...heaps.slice(2 * third));
  return { first, last, flat: third === 0 || last < first * growthMax || last - first < growthBytesMin };
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

process.exitCode = (await main()) ? 0 : 1;
