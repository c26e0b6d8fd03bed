/**
 * What does Axon add to a model's reply on its way to a reader? A model of its own process says 200 words; they come through a
 * worker, Redis, a server and a WebSocket, or straight through a proxy that hands on bytes. The two take turns.
 *
 * Axon holds words back until it knows that they may be shown, by design. What it adds is counted from the word itself when a
 * single one comes first, and from the token after them when several come first: the one that shows that they were complete.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Person, signUp } from "./accounts.ts";
import { freePort, openInstallation, type Services } from "./installation.ts";
import { callProcedure, createCaller } from "./load.ts";
import { median, quantile } from "./numbers.ts";
import { type Arrival, type Follower, openFollower, passedThrough, throughAxon } from "./reply/readers.ts";
import { passage, tokens } from "./reply/text.ts";
import type { BenchResult } from "./result.ts";

const rounds = 8;
/** A model's usual pace: 50 tokens a second. */
const paceMs = 20;
const atOnce = 8;
const readyMsMax = 60_000;

type Read = (run: number, pace: number) => Promise<Arrival[]>;

interface Measured {
  /** From the model's first word to the first that is read. */
  firstMs: number[];
  /** From the word that shows that what came first has ended, to when that came. */
  addedMs: number[];
  /** Words in a second at full speed, of one reply and of several at once. */
  alone: number[];
  together: number[];
}

export async function reply(services: Services | null): Promise<BenchResult> {
  const [modelPort, proxyPort] = [await freePort(), await freePort()];
  const model = `http://127.0.0.1:${modelPort}`;
  const helpers = [
    await startHelper("model-main.js", ["--port", String(modelPort)]),
    await startHelper("proxy-main.js", ["--port", String(proxyPort), "--model", model]),
  ];
  const env = { OPENAI_API_KEY: "bench", OPENAI_BASE_URL: `${model}/v1` };
  const installation = await openInstallation(services, { env, worker: true });
  let follower: Follower | null = null;
  try {
    const [owner] = await signUp(installation.url, 1, 101);
    if (owner === undefined) throw new Error("nobody signed up");
    const agentId = await teach(installation.url, owner);
    follower = await openFollower(installation.url, owner);
    const [caller, following] = [createCaller({ ...owner, url: installation.url }), follower];
    const ways: Read[] = [
      (run, pace) => passedThrough(`http://127.0.0.1:${proxyPort}`, run, pace),
      (run, pace) => throughAxon(caller, following, agentId, run, pace),
    ];
    const measured = await takeTurns(ways, model);
    caller.close();
    return resultOf(measured);
  } finally {
    follower?.close();
    await installation.close();
    for (const helper of helpers) helper.kill("SIGKILL");
  }
}

async function takeTurns(ways: readonly Read[], model: string): Promise<Measured[]> {
  const measured = ways.map((): Measured => ({ firstMs: [], addedMs: [], alone: [], together: [] }));
  let run = 0;
  for (let round = 0; round <= rounds; round++) {
    for (const [at, read] of ways.entries()) {
      const paced = await readOnce(read, ++run, paceMs, model);
      const fast = await readOnce(read, ++run, 0, model);
      const runs = Array.from({ length: atOnce }, () => ++run);
      const many = await Promise.all(runs.map((each) => readOnce(read, each, 0, model)));
      const to = measured[at];
      if (round === 0 || to === undefined) continue; // The first round warms up.
      to.firstMs.push(paced.firstMs);
      to.addedMs.push(paced.addedMs);
      to.alone.push((tokens.length * 1000) / (fast.endedMs - fast.beganMs));
      const [began, ended] = [Math.min(...many.map(({ beganMs }) => beganMs)), Math.max(...many.map(({ endedMs }) => endedMs))];
      to.together.push((tokens.length * atOnce * 1000) / (ended - began));
    }
  }
  return measured;
}

async function readOnce(read: Read, run: number, pace: number, model: string) {
  const arrivals = await read(run, pace);
  // safe: the bench's own model
  const sentAt = (await (await fetch(`${model}/sent?run=${run}`)).json()) as number[];
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  const [beganMs] = sentAt;
  if (first === undefined || last === undefined || beganMs === undefined) throw new Error("a reply had no words");
  if (last.words < tokens.length) throw new Error(`of ${tokens.length} words, ${last.words} were read`);
  // A way that shows single words is held against the very word that came.
  const whole = first.words < 2 ? first.words - 1 : first.words;
  return { firstMs: first.atMs - beganMs, addedMs: first.atMs - (sentAt[whole] ?? beganMs), beganMs, endedMs: last.atMs };
}

function resultOf([through, ours]: Measured[]): BenchResult {
  if (through === undefined || ours === undefined) throw new Error("both ways are measured");
  const each = (one: number[], other: number[], compare: (a: number, b: number) => number) =>
    median(one.map((value, round) => compare(value, other[round] ?? Number.NaN)));
  const row = (variant: string, { firstMs, addedMs, alone, together }: Measured) => ({
    variant,
    values: [median(firstMs), median(addedMs), quantile(addedMs, 0.95), median(alone), median(together)],
  });
  return {
    name: "reply",
    about: `a reply of ${tokens.length} tokens, through Axon and straight through; medians of ${rounds} rounds, taken in turns`,
    columns: ["first words ms", "added ms", "added p95 ms", "tokens/s, one", `tokens/s, ${atOnce} at once`],
    rows: [row("pass-through", through), row("Axon: worker, Redis, server, WebSocket", ours)],
    ratios: [
      {
        what: "added to the first words, over pass-through, in ms",
        value: each(ours.addedMs, through.addedMs, (a, b) => a - b),
        goal: "at most 5",
      },
      {
        what: "tokens/s of one reply at full speed, of pass-through",
        value: each(ours.alone, through.alone, (a, b) => a / b),
        goal: "at least 0.25",
      },
      { what: `tokens/s of ${atOnce} at once, of pass-through`, value: each(ours.together, through.together, (a, b) => a / b) },
    ],
    notes: [
      `first words: from the model's first token, one every ${paceMs} ms; Axon holds words back until it knows that they may be shown`,
      "added: from the word itself when one came first, from the token after them when several did",
    ],
  };
}

/** An agent that answers at once, from one document that holds all that the model says. */
async function teach(url: string, owner: Person): Promise<string> {
  const caller = createCaller({ ...owner, url });
  const call = async <Given>(path: string, body: unknown) => (await callProcedure(caller, `/trpc/${path}`, body)) as Given; // safe: the server's own schemas
  const settings = { name: "Agent", confidenceThreshold: 0, replyDelayMs: 0, language: "en" };
  const agent = await call<{ id: string }>("agents.create", settings);
  const source = await call<{ id: string }>("knowledge.sources.create", { kind: "text", name: "Times" });
  const document = await call<{ id?: string; documentId?: string }>("knowledge.documents.addText", {
    sourceId: source.id,
    name: "Times",
    text: passage,
  });
  const input = encodeURIComponent(JSON.stringify({ documentId: document.documentId ?? document.id }));
  const end = Date.now() + readyMsMax;
  for (;;) {
    const answer = await caller.call(`/trpc/knowledge.documents.get?input=${input}`);
    if (answer.text.includes('"status":"ready"')) break;
    if (Date.now() > end) throw new Error(`the document did not get ready: ${answer.text.slice(0, 300)}`);
    await sleep(100);
  }
  caller.close();
  return agent.id;
}

async function startHelper(main: string, args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`reply/${main}`, import.meta.url)), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}
