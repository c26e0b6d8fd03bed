/**
 * What may happen next in a run. Each choice has a name that says it in words; the same run has the same choices.
 *
 * @module
 */
import { type JobRun, jobGivenBack } from "@axon/contracts/jobs";
import type { SimClock } from "./clock.ts";
import type { Job, Office } from "./office.ts";
import { isNext, type Line } from "./people.ts";
import type { SimQueue } from "./queue.ts";
import type { Actor, Gate, Stage } from "./stage.ts";

export interface Choice {
  label: string;
  /** How much likelier than others. */
  weight: number;
  /** True for what the world does to us; left out when the run is brought to rest. */
  fault: boolean;
  do(): void;
}

export interface Scene {
  stage: Stage;
  clock: SimClock;
  queue: SimQueue;
  office: Office;
  lines: readonly Line[];
  /** Whether the outbox had jobs when it was last seen. */
  waiting(): boolean;
  /** Whoever was let go last: most of the time the same goes on. */
  last(): Actor | null;
}

const servers = ["s1", "s2"] as const;
const workers = ["w1", "w2"] as const;
export const processes: readonly string[] = [...servers, ...workers];
/** Replies that a worker makes at the same time. */
const jobsPerWorkerMax = 2;

/** Everything that may happen now, in a fixed order. */
export function choicesOf(scene: Scene): Choice[] {
  return [...peopleChoices(scene), ...workChoices(scene), ...goChoices(scene), ...faultChoices(scene)];
}

/** The server that takes a request: by its number, so that a trace that is shortened keeps its servers. */
export function serverOf(line: Line): string {
  return servers[(line.number + line.attempts) % servers.length] ?? servers[0];
}

function peopleChoices({ lines, office }: Scene): Choice[] {
  return lines
    .filter((line) => isNext(line, lines) && line.underWay === 0)
    .map((line) => ({
      label: `${line.label} ${line.act}${line.attempts > 0 ? " again" : ""}`,
      weight: line.attempts > 0 ? 4 : 2,
      fault: false,
      do: () => office.ask(line, serverOf(line)),
    }));
}

function workChoices({ stage, clock, queue, office, waiting }: Scene): Choice[] {
  const does = (label: string, weight: number, act: () => void): Choice => ({ label, weight, fault: false, do: act });
  const choices = workers.flatMap((worker) => {
    const free = [...office.jobs].filter(({ process }) => process === worker).length < jobsPerWorkerMax;
    const has = (what: string) => stage.actors.some(({ name }) => name.startsWith(`${worker}.${what}`));
    return [
      ...(free ? queue.takeable(clock.nowMs()).map((job) => does(`${worker} takes ${job.label}`, 6, () => office.work(job, worker))) : []),
      ...(has("relay") ? [] : [does(`${worker} carries the outbox`, waiting() ? 2.5 : 0.1, () => office.relay(worker))]),
      ...(has("sweep") ? [] : [does(`${worker} sweeps`, 0.15, () => office.sweep(worker))]),
    ];
  });
  for (const job of office.jobs)
    if (job.look && !job.looking && stands(stage, job)) choices.push(does(`${job.name} looks`, 0.7, () => office.look(job)));
  choices.push(
    does("time passes", 0.4, () => clock.advance(700)),
    does("some time passes", 0.2, () => clock.advance(4_000)),
  );
  return choices;
}

/** Its worker has not crashed. */
function stands(stage: Stage, { name }: Job): boolean {
  return stage.actors.some((actor) => actor.name === name);
}

function goChoices({ stage, last }: Scene): Choice[] {
  return stage.ready().map(({ actor, gate }) => ({
    label: `${actor.name} goes on (${gate.at})`,
    weight: actor === last() ? 14 : 3,
    fault: false,
    do: () => stage.release(actor, gate),
  }));
}

const breakable = /^(begin|commit|committed|statement|queue)/;

function faultChoices(scene: Scene): Choice[] {
  const { stage, clock, queue, office, lines } = scene;
  const does = (label: string, weight: number, act: () => void): Choice => ({ label, weight, fault: true, do: act });
  const choices: Choice[] = [];
  for (const { actor, gate } of stage.ready())
    if (breakable.test(gate.at)) choices.push(does(`${actor.name} loses its connection (${gate.at})`, 0.12, () => cut(scene, actor, gate)));
  for (const process of processes)
    if (stage.actors.some((actor) => actor.process === process))
      choices.push(does(`${process} is killed`, 0.25, () => kill(scene, process)));
  for (const line of lines)
    if (line.underWay === 1 && line.act === "says")
      choices.push(does(`${line.label} comes twice`, 0.5, () => office.ask(line, serverOf(line))));
  for (const job of queue.all())
    if (job.state === "active" || job.state === "done")
      choices.push(
        ...workers.map((worker) =>
          does(`${job.label} is given to ${worker} too`, job.state === "active" ? 0.7 : 0.15, () => office.work({ ...job }, worker)),
        ),
      );
  for (const job of office.jobs) {
    if (!stands(stage, job) || job.controller.signal.aborted) continue;
    choices.push(does(`${job.name} is told to stop`, 0.15, () => job.controller.abort(givenBack())));
    choices.push(does(`${job.name} takes too long`, 0.1, () => job.controller.abort(new Error("the job took too long"))));
  }
  if (queue.busy()) choices.push(does("the queue forgets everything", 0.08, () => queue.wipe()));
  choices.push(does("the clock jumps", 0.35, () => clock.advance(20_000)));
  return choices;
}

function cut({ stage, office }: Scene, actor: Actor, gate: Gate): void {
  office.hurt.add(actor.name);
  stage.release(actor, gate, new Error("the connection was lost"));
}

/** Its requests are answered by nobody, and its jobs are found missing some time later. */
export function kill({ stage, office, lines, queue }: Pick<Scene, "stage" | "office" | "lines" | "queue">, process: string): void {
  const killed = stage.actors.filter((actor) => actor.process === process).map(({ name }) => name);
  stage.crash(process);
  for (const line of lines) line.underWay -= killed.filter((name) => name === line.label || name.startsWith(`${line.label}#`)).length;
  for (const job of office.jobs) {
    if (job.process !== process) continue;
    office.jobs.delete(job);
    queue.giveBack(job.job);
  }
}

function givenBack(): Error {
  return Object.assign(new Error("the worker is closing"), { code: jobGivenBack satisfies string }) satisfies JobRun["signal"]["reason"];
}
