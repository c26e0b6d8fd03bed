/**
 * One run: choices drawn from a seed, or taken from a script, then everything is let come to rest. What must never be is looked
 * for after every step that somebody could have seen.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { checkRest, openStates } from "./check-rest.ts";
import { checkStep } from "./check-step.ts";
import { type Choice, choicesOf, processes, type Scene } from "./choices.ts";
import { createSimClock } from "./clock.ts";
import { createSimDeltas } from "./deltas.ts";
import { scriptedModel } from "./model.ts";
import { openOffice } from "./office.ts";
import { castOf } from "./people.ts";
import type { Plant } from "./ports.ts";
import { SimQueue } from "./queue.ts";
import { type Random, randomOf } from "./random.ts";
import { bringToRest } from "./rest.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { type Actor, Stage } from "./stage.ts";
import { type Rule, Violation } from "./violation.ts";
import type { World } from "./world.ts";

export interface RunOptions {
  seed: string;
  plant?: Plant | null;
  /** The choices to make, in this order, instead of drawing them; those that cannot be made are passed over. */
  script?: readonly string[];
}

/** A promise that was broken; as data, for it goes from process to process. */
export interface Broken {
  rule: Rule;
  message: string;
}

export interface RunResult {
  seed: string;
  /** What happened, step by step. */
  trace: string[];
  violation: Broken | null;
  /** The same for the same run: of the trace and of all that was said and told. */
  hash: string;
  messages: number;
  replies: number;
  faults: number;
}

const stepsMin = 30;
const stepsSpan = 60;
/** Of the runs, those in which others may come in between any two statements, and not only between transactions. */
const fineShare = 0.25;

export async function runOnce(world: World, { seed, plant = null, script }: RunOptions): Promise<RunResult> {
  const staged = stageRun(world, seed, plant, await world.clear());
  const { scene, step, trace } = staged;
  let violation: Broken | null = null;
  try {
    await scene.stage.settle();
    if (script) await follow(script, scene, step);
    else await draw(randomOf(seed, "steps"), scene, step);
    staged.calm();
    await bringToRest(scene, step, () => ({ outbox: staged.seen().outbox, open: openTurns(staged.seen()) }), staged.look);
    const said = scene.lines.filter(({ refused, attempts, act }) => !refused && attempts > 0 && act === "says");
    checkRest(staged.seen(), said, leftIn(scene.queue));
  } catch (error) {
    if (!(error instanceof Violation))
      throw Object.assign(new Error(`seed ${seed} stopped the simulation: ${trace.slice(-5).join("; ")}`), { cause: error });
    violation = { rule: error.rule, message: error.message };
    for (const process of processes) scene.stage.crash(process);
    await scene.stage.settle();
  }
  const messages = staged.seen().talks.flatMap((talk) => talk.messages);
  const replies = messages.filter(({ kind }) => kind === "ai").length;
  const hash = hashOf(trace, staged.seen(), violation);
  return { seed, trace, violation, hash, messages: messages.length, replies, faults: staged.faults() };
}

/** Everything of one run, ready for its first step. */
function stageRun(world: World, seed: string, plant: Plant | null, firstPlace: number) {
  const clock = createSimClock();
  const stage = new Stage({ blocked: world.blocked, oneAtATime: world.oneAtATime });
  const queue = createNamedQueue();
  let calm = false;
  const deltas = createSimDeltas(stage, clock);
  const model = scriptedModel(seed, stage, () => calm);
  const fine = randomOf(seed, "fine").chance(fineShare);
  const early: string[] = [];
  const show = (_conversationId: string, text: string) => void early.push(text);
  const office = openOffice({ world, stage, clock, queue, model, deltas, plant, show, everyStatement: () => fine && !calm });
  const lines = castOf(seed);
  let last: Actor | null = null;
  let seen: Snapshot = { talks: [], outbox: 0, cursor: firstPlace };
  const scene: Scene = { stage, clock, queue, office, lines, waiting: () => seen.outbox > 0, last: () => last };
  const trace: string[] = [];
  let faults = 0;
  let lookedAt = { commits: -1, shown: -1 };

  async function look(): Promise<void> {
    seen = await takeSnapshot(world.owner, world.workspaceId);
  }

  async function check(): Promise<void> {
    const trouble = office.trouble();
    if (trouble) throw trouble;
    const now = { commits: stage.commits, shown: deltas.shown() + early.length };
    if (stage.engineTaken() || (now.commits === lookedAt.commits && now.shown === lookedAt.shown)) return;
    lookedAt = now;
    const before = seen;
    await look();
    const said = lines.filter(({ refused, act }) => !refused && act === "says");
    checkStep(seen, before, said, firstPlace);
    deltas.check(seen.talks);
    checkEarly(seen, early.splice(0), queue);
  }

  async function step(choice: Choice): Promise<void> {
    trace.push(choice.label);
    if (choice.fault) faults += 1;
    const before = stage.ready();
    choice.do();
    await stage.settle();
    const moved = before.find(({ actor }) => choice.label.startsWith(`${actor.name} goes on`));
    last = moved?.actor ?? stage.actors.at(-1) ?? null;
    await check();
  }

  return {
    scene,
    trace,
    step,
    look,
    seen: () => seen,
    faults: () => faults,
    /** From now on nothing fails any more. */
    calm: () => {
      calm = true;
      trace.push("— the faults are over —");
    },
  };
}

/** A queue whose jobs are called by their turn and their number: ids are others in each run. */
function createNamedQueue(): SimQueue {
  const names = new Map<string, string>();
  const queue: SimQueue = new SimQueue(({ name, payload }) => {
    const id = String(payload["turnId"] ?? payload["questionId"] ?? "");
    const of = names.get(id) ?? `${name === "reply.generate" ? "turn" : "gap"}${names.size + 1}`;
    names.set(id, of);
    return `${of}/${queue.all().filter(({ label }) => label.startsWith(`${of}/`)).length + 1}`;
  });
  return queue;
}

/** Of what happened and of all that was said and told, without ids and hours. */
function hashOf(trace: readonly string[], seen: Snapshot, violation: Broken | null): string {
  const told = seen.talks.map(({ messages, events, turns }) => [
    messages.map(({ seq, kind, text }) => [seq, kind, text]),
    events.map(({ seq, type, reason }) => [seq, type, reason]),
    turns.map(({ state, firstSeq, lastSeq }) => [state, firstSeq, lastSeq]),
  ]);
  const all = JSON.stringify([trace, told, violation?.message.replace(/[0-9a-f-]{36}/g, "…")]);
  return createHash("sha256").update(all).digest("hex").slice(0, 16);
}

function leftIn(queue: SimQueue): string | null {
  const left = queue.all().find(({ state }) => state === "waiting" || state === "active");
  return left ? `${left.label} is still ${left.state}` : null;
}

function openTurns(seen: Snapshot): number {
  return seen.talks.flatMap(({ turns }) => turns).filter(({ state }) => openStates.includes(state)).length;
}

/** Nobody may be told of what is not committed, and no worker be given it. */
function checkEarly(seen: Snapshot, early: readonly string[], queue: SimQueue): void {
  const told = seen.talks.flatMap(({ messages }) => messages.map(({ text }) => text));
  const tooEarly = early.find((text) => !told.includes(text));
  if (tooEarly !== undefined) throw new Violation("told before it was so", `readers saw "${tooEarly}", which is not in the log`);
  const turns = new Set(seen.talks.flatMap((talk) => talk.turns.map(({ id }) => id)));
  const orphan = queue.all().find(({ name, payload }) => name === "reply.generate" && !turns.has(String(payload["turnId"])));
  if (orphan) throw new Violation("told before it was so", `${orphan.label} is on the queue, and there is no such turn`);
}

async function draw(random: Random, scene: Scene, step: (choice: Choice) => Promise<void>): Promise<void> {
  const steps = stepsMin + random.below(stepsSpan);
  for (let at = 0; at < steps; at++) {
    const choice = weighed(choicesOf(scene), random);
    if (choice) await step(choice);
  }
}

function weighed(choices: readonly Choice[], random: Random): Choice | undefined {
  let rest = random.next() * choices.reduce((sum, { weight }) => sum + weight, 0);
  return choices.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
}

async function follow(script: readonly string[], scene: Scene, step: (choice: Choice) => Promise<void>): Promise<void> {
  for (const label of script) {
    const choice = choicesOf(scene).find((one) => one.label === label);
    if (choice) await step(choice);
  }
}
